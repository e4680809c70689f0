package main

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"
	"time"

	"registratura/forms"
)

// Workbooks come from outside. They are read in a child process with limits of
// its own, so that one that makes the reader run wild costs an answer to its
// sender, and nothing else (rule F3). The child stays warm for the next one.

// Limits of a reader.
const (
	formWall   = 5 * time.Second // from asking to the answer
	formMemory = 384 << 20       // octets of address space beyond what the child has when it starts
	formCPU    = 15              // seconds of processor time in its life
	formReuse  = 200             // workbooks that one child reads before a fresh one takes its place,
	formSpent  = 5 * time.Second // or the time it spends on them: the next one finds enough of formCPU
)

// formQuestion is what the child is asked.
type formQuestion struct {
	Do    formWork
	Data  []byte
	Rules forms.Rules    // to read by
	Mark  *forms.Reading // what to mark
}

// formWork is what the child is to do with a workbook.
type formWork int

const (
	readForm formWork = iota
	markForm
	unmarkForm
)

// formAnswer is what it says.
type formAnswer struct {
	Reading *forms.Reading
	Data    []byte // of the workbook with its marks, or without
	Fault   int    // place in formFaults, plus one; 0: none of them
	Err     string // empty: no error
}

// formFaults are the errors that mean something to the sender of a workbook.
var formFaults = []error{forms.ErrNotSpreadsheet, forms.ErrLegacy, forms.ErrEncrypted, forms.ErrArchive,
	forms.ErrTooLarge, forms.ErrDamaged, forms.ErrCannotMark}

// readFormsName is the command by which the daemon starts the child.
const readFormsName = "read-forms"

// readFormsCmd is the child. It is hidden: only the daemon starts it.
type readFormsCmd struct{}

func (readFormsCmd) Run(std streams) error {
	if err := limitMyself(); err != nil {
		return err
	}
	in, out := bufio.NewReader(std.in), bufio.NewWriter(std.out)
	questions, answers := gob.NewDecoder(in), gob.NewEncoder(out)
	for {
		var q formQuestion
		if err := questions.Decode(&q); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("reading a question: %w", err)
		}
		if err := answers.Encode(answer(q)); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
		if err := out.Flush(); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
	}
}

func answer(q formQuestion) (a formAnswer) {
	var err error
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: panic: %v", forms.ErrDamaged, p)
		}
		if err == nil {
			return
		}
		a = formAnswer{Err: err.Error()}
		for i, fault := range formFaults {
			if errors.Is(err, fault) {
				a.Fault = i + 1
			}
		}
	}()
	switch q.Do {
	case markForm:
		a.Data, err = forms.Mark(q.Data, q.Mark, q.Mark.Problems)
	case unmarkForm:
		a.Data, err = forms.Unmark(q.Data)
	default:
		a.Reading, err = forms.Read(q.Data, q.Rules)
	}
	return a
}

// limitMyself bounds the address space and the processor time. Go reserves a
// lot of address space at the start, so that bound counts from what there is.
func limitMyself() error {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return fmt.Errorf("reading the size of the process: %w", err)
	}
	var pages uint64
	if _, err := fmt.Sscan(string(statm), &pages); err != nil {
		return fmt.Errorf("reading the size of the process: %w", err)
	}
	for resource, limit := range map[int]uint64{
		syscall.RLIMIT_AS:   pages*uint64(os.Getpagesize()) + formMemory,
		syscall.RLIMIT_CPU:  formCPU,
		syscall.RLIMIT_CORE: 0,
	} {
		if err := syscall.Setrlimit(resource, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			return fmt.Errorf("limiting the reader: %w", err)
		}
	}
	debug.SetMemoryLimit(formMemory / 2) // collect garbage hard before the bound is met
	return nil
}

// formChildren reads workbooks in child processes.
type formChildren struct {
	wall  time.Duration   // of one workbook
	slots chan *formChild // nil: not started yet
}

// newFormChildren allows n children at the same time; none is started yet.
func newFormChildren(n int) *formChildren {
	c := &formChildren{wall: formWall, slots: make(chan *formChild, n)}
	for range n {
		c.slots <- nil
	}
	return c
}

func (c *formChildren) ReadForm(ctx context.Context, _ string, data []byte, rules forms.Rules) (*forms.Reading, error) {
	a, err := c.ask(ctx, formQuestion{Do: readForm, Data: data, Rules: rules})
	return a.Reading, err
}

func (c *formChildren) MarkForm(ctx context.Context, data []byte, r *forms.Reading) ([]byte, error) {
	a, err := c.ask(ctx, formQuestion{Do: markForm, Data: data, Mark: r})
	return a.Data, err
}

func (c *formChildren) UnmarkForm(ctx context.Context, data []byte) ([]byte, error) {
	a, err := c.ask(ctx, formQuestion{Do: unmarkForm, Data: data})
	return a.Data, err
}

// ask has a child answer. A child that does not answer is killed, which says
// that the workbook is damaged or made to do harm; the daemon stopping is not
// the workbook's fault.
func (c *formChildren) ask(ctx context.Context, q formQuestion) (formAnswer, error) {
	var child *formChild
	select {
	case child = <-c.slots:
	case <-ctx.Done():
		return formAnswer{}, ctx.Err()
	}
	defer func() { c.slots <- child }()
	if child != nil && (child.asked >= formReuse || child.spent >= formSpent) {
		child.end()
		child = nil
	}
	if child == nil {
		var err error
		if child, err = startFormChild(); err != nil {
			return formAnswer{}, err
		}
	}
	a, err := child.ask(ctx, q, c.wall)
	if err != nil {
		child.end()
		child = nil
		if ctx.Err() != nil {
			return a, ctx.Err()
		}
		return a, fmt.Errorf("%w: the reader was ended: %w", forms.ErrDamaged, err)
	}
	switch {
	case a.Fault > 0:
		return a, fmt.Errorf("%w (%s)", formFaults[a.Fault-1], a.Err)
	case a.Err != "":
		return a, errors.New(a.Err)
	}
	return a, nil
}

// Close ends the children that wait.
func (c *formChildren) Close() error {
	for range cap(c.slots) {
		if child := <-c.slots; child != nil {
			child.end()
		}
	}
	return nil
}

// formChild is one child process.
type formChild struct {
	cmd       *exec.Cmd
	in        io.WriteCloser
	questions *gob.Encoder
	answers   *gob.Decoder
	asked     int
	spent     time.Duration
}

// startFormChild starts this very program, even if its file was replaced since.
// The child is given no environment: it needs none, and there may be secrets in it.
func startFormChild() (*formChild, error) {
	cmd := exec.Command("/proc/self/exe", readFormsName)
	cmd.Env = []string{"GOMAXPROCS=1"}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a reader: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("starting a reader: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a reader: %w", err)
	}
	return &formChild{cmd: cmd, in: in, questions: gob.NewEncoder(in), answers: gob.NewDecoder(bufio.NewReader(out))}, nil
}

func (c *formChild) ask(ctx context.Context, q formQuestion, wall time.Duration) (a formAnswer, err error) {
	began := time.Now()
	defer func() {
		c.asked++
		c.spent += time.Since(began)
	}()
	done := make(chan error, 1)
	go func() {
		if err := c.questions.Encode(q); err != nil {
			done <- err
			return
		}
		done <- c.answers.Decode(&a)
	}()
	timer := time.NewTimer(wall)
	defer timer.Stop()
	select {
	case err := <-done:
		return a, err
	case <-timer.C:
		err = fmt.Errorf("no answer in %v", wall)
	case <-ctx.Done():
		err = ctx.Err()
	}
	c.cmd.Process.Kill()
	<-done
	return formAnswer{}, err
}

func (c *formChild) end() {
	c.in.Close()
	c.cmd.Process.Kill()
	c.cmd.Wait()
}
