module statuary.example

go 1.21
