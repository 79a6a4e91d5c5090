// Reads what an image is built from, as the builder itself reads it, and prints it as JSON.
//
//	container dockerfile Dockerfile    every stage with its instructions, and the builder's own warnings
//	container context DIR              the files that are sent to the builder: what .dockerignore leaves
//	container compose FILE             a compose file, checked and with everything filled in
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

type instruction struct {
	Name   string
	Source string
	Fields any
}

type stage struct {
	Name         string
	Base         string
	Instructions []instruction
}

type dockerfile struct {
	Stages   []stage
	Warnings []string
}

func read(path string) (dockerfile, error) {
	file, err := os.Open(path)
	if err != nil {
		return dockerfile{}, err
	}
	defer file.Close()
	parsed, err := parser.Parse(file)
	if err != nil {
		return dockerfile{}, err
	}
	found := dockerfile{Warnings: []string{}}
	for _, warning := range parsed.Warnings {
		found.Warnings = append(found.Warnings, warning.Short)
	}
	warn := func(rule, description, url, message string, _ []parser.Range) {
		found.Warnings = append(found.Warnings, rule+": "+message)
	}
	stages, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{Warn: warn}))
	if err != nil {
		return dockerfile{}, err
	}
	for _, each := range stages {
		read := stage{Name: each.Name, Base: each.BaseName}
		for _, command := range each.Commands {
			source := ""
			if text, ok := command.(fmt.Stringer); ok {
				source = text.String()
			}
			read.Instructions = append(read.Instructions, instruction{command.Name(), source, command})
		}
		found.Stages = append(found.Stages, read)
	}
	return found, nil
}

func sent(folder string) ([]string, error) {
	ignored, err := os.Open(filepath.Join(folder, ".dockerignore"))
	if err != nil {
		return nil, err
	}
	defer ignored.Close()
	patterns, err := ignorefile.ReadAll(ignored)
	if err != nil {
		return nil, err
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return nil, err
	}
	names := []string{}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil || entry.IsDir() {
			return err
		}
		left, err := matcher.MatchesOrParentMatches(name)
		if err == nil && !left {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

func compose(path string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{path}, cli.WithOsEnv, cli.WithResolvedPaths(true))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

func main() {
	var found any
	err := fmt.Errorf("usage: container dockerfile FILE | container context DIR | container compose FILE")
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case "dockerfile":
			found, err = read(os.Args[2])
		case "context":
			found, err = sent(os.Args[2])
		case "compose":
			found, err = compose(os.Args[2])
		}
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
