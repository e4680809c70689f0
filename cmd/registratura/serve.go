package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"registratura/cmd/registratura/config"
)

type serveCmd struct {
	Config string `required:"" placeholder:"FILE" env:"REGISTRATURA_CONFIG" help:"Configuration."`
}

func (c *serveCmd) Run(ctx context.Context, std streams) error {
	// What the daemon writes is for nobody else, wherever its folders are.
	syscall.Umask(0o077)
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	log := slog.New(cfg.Log.Handler(std.err))
	d, err := assemble(ctx, cfg, log, time.Now)
	if err != nil {
		return err
	}
	defer d.close()
	portal, err := d.listen()
	if err != nil {
		return err
	}
	return d.run(ctx, portal)
}

// stopPatience is how long running work may go on after the daemon was told to stop.
const stopPatience = 30 * time.Second

// listen opens the portal's port; nil where the portal has no pages here.
func (d *daemon) listen() (net.Listener, error) {
	if d.extranet == nil {
		return nil, nil
	}
	l, err := net.Listen("tcp", d.cfg.Portal.Listen)
	if err != nil {
		return nil, fmt.Errorf("portal.listen: %w", err)
	}
	return l, nil
}

// run runs the daemon until ctx ends, and stops it gracefully. portal is what
// [daemon.listen] returned.
func (d *daemon) run(ctx context.Context, portal net.Listener) (err error) {
	group, ctx := errgroup.WithContext(ctx)
	if portal != nil {
		server := &http.Server{Handler: d.extranet.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
		if server.TLSConfig, err = d.cfg.Portal.TLSConfig(); err != nil {
			return err
		}
		group.Go(func() error { return serveHTTP(ctx, server, portal) })
		group.Go(func() error { return d.keepHouse(ctx) })
	}
	group.Go(func() error { return stopped(ctx, d.follower.Run(ctx)) })
	group.Go(func() error { return stopped(ctx, d.desk.Work(ctx)) })
	group.Go(func() error { return stopped(ctx, d.store.Run(ctx, d.desk, stopPatience)) })
	group.Go(func() error { return stopped(ctx, d.desk.Keep(ctx)) })
	if d.cfg.Monitor.Listen != "" {
		monitor, err := net.Listen("tcp", d.cfg.Monitor.Listen)
		if err != nil {
			return fmt.Errorf("monitor.listen: %w", err)
		}
		group.Go(func() error {
			return serveHTTP(ctx, &http.Server{Handler: d.monitor(), ReadHeaderTimeout: 10 * time.Second}, monitor)
		})
	}
	group.Go(func() error { return notifySystemd(ctx, d.alive) })
	d.log.Info("the desk is open", "mailbox", d.cfg.IMAP.Username, "imap", d.cfg.IMAP.Address, "portal", d.cfg.Portal.BaseURL, "version", version(), "head", d.head(ctx))
	err = group.Wait()
	d.log.Info("the desk is closed", "head", d.head(context.WithoutCancel(ctx)))
	return err
}

// head is the hash that stands for the record as it is, for the log: kept
// there, it shows later that nothing before it was changed or cut off.
func (d *daemon) head(ctx context.Context) string {
	head, err := d.store.Head(ctx)
	if err != nil {
		d.log.Error("reading the head of the record failed", "error", err)
	}
	return head
}

// stopped turns the error of an orderly stop into none.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// serveHTTP serves until ctx ends, then lets running requests finish.
func serveHTTP(ctx context.Context, server *http.Server, l net.Listener) error {
	ended := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			ended <- server.ServeTLS(l, "", "")
		} else {
			ended <- server.Serve(l)
		}
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serving HTTP on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	if err := server.Shutdown(patience); err != nil {
		return server.Close()
	}
	return nil
}

// keepHouse lets the portal throw away what it may.
func (d *daemon) keepHouse(ctx context.Context) error {
	ticker := time.NewTicker(time.Hour)
	defer ticker.Stop()
	for {
		if err := d.extranet.Housekeep(); err != nil {
			d.log.Error("keeping the portal in order failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// lockDataDir makes sure that only one daemon works on the data folder. The
// lock ends with the process, however that ends.
func lockDataDir(dir string) (io.Closer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "registratura.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another daemon works on %s: %w", dir, err)
	}
	return f, nil
}
