package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"
)

// notifySystemd tells systemd that the daemon is ready, and then again and
// again that it is alive, as long as alive says so (sd_notify(3)). Without
// systemd it does nothing.
func notifySystemd(ctx context.Context, alive func() bool) error {
	socket := os.Getenv("NOTIFY_SOCKET")
	if socket == "" {
		return nil
	}
	say := func(state string) error {
		conn, err := net.Dial("unixgram", socket)
		if err != nil {
			return fmt.Errorf("notifying systemd: %w", err)
		}
		defer conn.Close()
		_, err = conn.Write([]byte(state))
		return err
	}
	if err := say("READY=1"); err != nil {
		return err
	}
	defer say("STOPPING=1")
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		<-ctx.Done()
		return nil
	}
	// At half the time, as sd_watchdog_enabled(3) recommends.
	ticker := time.NewTicker(time.Duration(usec) * time.Microsecond / 2)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			if alive() {
				if err := say("WATCHDOG=1"); err != nil {
					return err
				}
			}
		}
	}
}
