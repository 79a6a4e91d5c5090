//go:build tools

// Package tools names the program that the tests of the chart run, so that go.sum pins it.
package tools

import _ "helm.sh/helm/v3/cmd/helm"
