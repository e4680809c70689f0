package mailbox_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// proxy stands between the follower and the server, and is what goes wrong there.
type proxy struct {
	addr string

	// hide removes capabilities from what the server says of itself.
	hide []string
	// command is asked about each line of the client, and may answer itself
	// instead of passing it on (answered), or cut the connection.
	command func(line string) (answer string, answered, cut bool)
	// cutAfter is asked at each connection for the number of octets from the
	// server after which it is cut; 0 is never.
	cutAfter func() int

	mu    sync.Mutex
	conns []net.Conn
}

// start listens in front of target.
func (p *proxy) start(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = l.Addr().String()
	t.Cleanup(func() {
		l.Close()
		p.cutAll()
	})
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", target)
			if err != nil {
				client.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, client, server)
			p.mu.Unlock()
			go p.fromClient(client, server)
			go p.fromServer(client, server)
		}
	}()
	return p
}

// cutAll cuts every connection that is open.
func (p *proxy) cutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

func (p *proxy) fromClient(client, server net.Conn) {
	defer server.Close()
	defer client.Close()
	for r := bufio.NewReader(client); ; {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		if p.command != nil {
			answer, answered, cut := p.command(line)
			if cut {
				return
			}
			if answered {
				tag, _, _ := strings.Cut(line, " ")
				if answer != "" {
					io.WriteString(client, strings.ReplaceAll(answer, "TAG", tag)+"\r\n")
				}
				continue
			}
		}
		if _, err := io.WriteString(server, line); err != nil {
			return
		}
	}
}

func (p *proxy) fromServer(client, server net.Conn) {
	defer server.Close()
	defer client.Close()
	left := -1
	if p.cutAfter != nil {
		if n := p.cutAfter(); n > 0 {
			left = n
		}
	}
	for r := bufio.NewReader(server); ; {
		line, err := r.ReadString('\n')
		if strings.Contains(line, "CAPABILITY") {
			for _, cap := range p.hide {
				line = strings.ReplaceAll(line, " "+cap, " X"+cap)
			}
		}
		if left >= 0 && len(line) >= left {
			io.WriteString(client, line[:left])
			return
		}
		if left >= 0 {
			left -= len(line)
		}
		if _, writeErr := io.WriteString(client, line); err != nil || writeErr != nil {
			return
		}
	}
}
