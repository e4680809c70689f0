package main

import (
	"fmt"
	"runtime/debug"

	"registratura/cmd/registratura/config"
)

type configCmd struct{}

func (configCmd) Run(std streams) error { return config.WriteExample(std.out) }

type versionCmd struct{}

func (versionCmd) Run(std streams) error {
	_, err := fmt.Fprintln(std.out, "registratura", version())
	return err
}

// version is the module's version, or the commit that a build of a checkout
// was made from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return info.Main.Version
}
