// Serves the handler of every code below the code's own path.
package main

import (
	"log"
	"net/http"
	"os"

	//each-snippet "snippets/{module}"
)

func main() {
	//each-snippet http.HandleFunc("{path}", {module}.Endpoint)
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
