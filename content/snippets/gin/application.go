// Serves the handler of every code below the code's own path.
package main

import (
	"os"

	"github.com/gin-gonic/gin"
	//each-snippet "snippets/{module}"
)

func main() {
	router := gin.Default()
	//each-snippet router.GET("{path}", {module}.Endpoint)
	router.Run(os.Args[1])
}
