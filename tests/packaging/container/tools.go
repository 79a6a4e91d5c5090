//go:build tools

package main

// The program that reads compose files, so that go.sum pins it.
import _ "github.com/compose-spec/compose-go/v2/cmd"
