package config

import (
	_ "embed"
	"fmt"
	"io"
)

// The complete commented example, made from the definitions by TestExample.
//
//go:embed example.toml
var exampleText string

// WriteExample writes the complete commented example: every key with its unit,
// default and meaning, and the departments of procedure DE-SPDI-02. Where the
// operator must give a value, an invented one stands there.
func WriteExample(w io.Writer) error {
	if _, err := io.WriteString(w, exampleText); err != nil {
		return fmt.Errorf("writing the example configuration: %w", err)
	}
	return nil
}

// Example is the example as a configuration.
func Example() *Config {
	c := parse("", exampleText)
	if err := c.judge(); err != nil {
		panic("config: the example that is built in is not valid: " + err.Error()) // a test loads it
	}
	return c
}
