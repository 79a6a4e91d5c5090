// Package orders shows tests of a mailer and of an API client in Go, against statuary serve.
package orders

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
)

// Statuary is a running statuary serve, on free ports.
type Statuary struct {
	process *exec.Cmd
	// Site, HTTP and SMTP are where it listens; SMTP as host and port.
	Site, HTTP, SMTP string
}

// Rule is a rule, as rule files have it.
type Rule map[string]any

// Filter says which exchanges are meant.
type Filter map[string]any

// Message is mail that was accepted.
type Message struct {
	Sender     string   `json:"sender"`
	Recipients []string `json:"recipients"`
	Content    string   `json:"content"`
}

// Start starts the process, and waits until all its servers listen.
func Start(options ...string) (*Statuary, error) {
	command := os.Getenv("STATUARY") // the name of the command, where it is not on the PATH
	if command == "" {
		command = "statuary"
	}
	process := exec.Command(command, append([]string{"serve", "--free-ports", "--json"}, options...)...)
	process.Stderr = os.Stderr
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("statuary serve ended: %w", process.Wait())
	}
	var facts struct{ Site, HTTP, SMTP string }
	if err := json.Unmarshal(line, &facts); err != nil {
		return nil, err
	}
	return &Statuary{process, facts.Site, facts.HTTP, strings.TrimPrefix(facts.SMTP, "smtp://")}, nil
}

// Stop ends the process.
func (s *Statuary) Stop() error {
	if err := s.process.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return s.process.Wait()
}

// call asks the admin API and reads its answer; an error of it is an error here.
func (s *Statuary) call(path string, body, answer any) error {
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, err := http.Post(s.Site+path, "application/json", bytes.NewReader(content))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		var problem struct{ Message string }
		_ = json.NewDecoder(response.Body).Decode(&problem)
		return fmt.Errorf("POST %s: %s: %s", path, response.Status, problem.Message)
	}
	return json.NewDecoder(response.Body).Decode(answer)
}

// On adds a rule.
func (s *Statuary) On(rule Rule) error {
	return s.call("/api/rules", rule, new(any))
}

// Verify fails, with transcript and seed, unless so many exchanges fit.
func (s *Statuary) Verify(exactly int, filter Filter) error {
	var verdict struct {
		OK                   bool
		Count, Seed          int
		Expected, Transcript string
	}
	if err := s.call("/api/journal/verify", map[string]any{"exactly": exactly, "filter": filter}, &verdict); err != nil {
		return err
	}
	if !verdict.OK {
		return fmt.Errorf("expected %s, found %d; seed %d\n%s", verdict.Expected, verdict.Count, verdict.Seed, verdict.Transcript)
	}
	return nil
}

// Messages waits for mail to a recipient, and gives it.
func (s *Statuary) Messages(recipient string) ([]Message, error) {
	var found struct{ Messages []Message }
	err := s.call("/api/messages/wait", map[string]any{"recipient": recipient, "count": 1, "timeout": 10}, &found)
	return found.Messages, err
}

// Reset forgets everything, so that the next test starts anew.
func (s *Statuary) Reset() error {
	return s.call("/api/reset", struct{}{}, new(any))
}
