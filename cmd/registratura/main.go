// Command registratura runs procedure DE-SPDI-02 over email: it follows a
// mailbox for filled Annex 1 forms and answers to approval mails, and makes the
// approved sites.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli is the command line. Each command is in a file of its own.
type cli struct {
	Serve    serveCmd    `cmd:"" help:"Run the daemon."`
	Demo     demoCmd     `cmd:"" help:"Run everything on this machine, mail servers included, to see how it works."`
	Check    checkCmd    `cmd:"" help:"Check the configuration."`
	Config   configCmd   `cmd:"" help:"Print the complete commented example of the configuration."`
	Form     formCmd     `cmd:"" help:"Write a blank form."`
	Inspect  inspectCmd  `cmd:"" help:"Tell what the desk would make of mails and spreadsheets, without any effect."`
	Requests requestsCmd `cmd:"" help:"List requests, tell the story of one, try a stuck one again."`
	Audit    auditCmd    `cmd:"" help:"Prove that the record is whole; write a request's file for an auditor."`
	Account  accountCmd  `cmd:"" help:"Help the owner of an account on the extranet."`
	Person   personCmd   `cmd:"" help:"Tell what is held about a person, for an answer under the GDPR."`
	Version  versionCmd  `cmd:"" help:"Print the version."`

	ReadForms readFormsCmd `cmd:"" name:"read-forms" hidden:""`
}

// streams are where a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run runs one command line and returns the exit code: 0 for success, 1 when
// the command failed, 2 when the command line is wrong.
func run(ctx context.Context, args []string, std streams) int {
	exited := -1
	parser, err := kong.New(new(cli),
		kong.Name("registratura"),
		kong.Description("The registry desk for shared collaboration sites (procedure DE-SPDI-02)."),
		kong.Writers(std.out, std.err),
		kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintln(std.err, "registratura:", err)
		return 2
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help was printed
		return exited
	}
	if err != nil {
		fmt.Fprintf(std.err, "registratura: %v\nTry: registratura --help\n", err)
		return 2
	}
	if err := command.Run(); err != nil {
		if !errors.Is(err, errTold) {
			fmt.Fprintln(std.err, "registratura:", err)
		}
		return 1
	}
	return 0
}

// errTold makes the program fail without another word: the command has said
// everything already.
var errTold = errors.New("failed, as was told")
