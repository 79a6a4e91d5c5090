// Serves the handler of every code below the code's own path.
package main

import (
	"os"

	"github.com/labstack/echo/v4"
	//each-snippet "snippets/{module}"
)

func main() {
	server := echo.New()
	server.HideBanner = true
	//each-snippet server.GET("{path}", {module}.Endpoint)
	server.Logger.Fatal(server.Start(os.Args[1]))
}
