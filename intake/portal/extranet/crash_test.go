package extranet

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestServeUntilKilled is not a test: TestKilledInTheMiddle runs it as another
// process, which is to be killed.
func TestServeUntilKilled(t *testing.T) {
	dir := os.Getenv("EXTRANET_TEST_SERVE")
	if dir == "" {
		t.Skip("it is run by TestKilledInTheMiddle")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := testConfig(dir)
	c.BaseURL = "http://" + listener.Addr().String()
	x, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving", c.BaseURL)
	t.Fatal(http.Serve(listener, x.Handler()))
}

// serveUntilKilled starts an extranet on dir in a process of its own, and returns
// where it listens.
func serveUntilKilled(t *testing.T, dir string) (child *exec.Cmd, base string) {
	t.Helper()
	child = exec.Command(os.Args[0], "-test.run=^TestServeUntilKilled$", "-test.v")
	child.Env = append(os.Environ(), "EXTRANET_TEST_SERVE="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if base, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			return child, base
		}
	}
	t.Fatal("the other process does not serve")
	return nil, ""
}

// sized is content that can be known again: from its name alone.
func sized(name string) string {
	seed := uint64(len(name))
	for _, b := range []byte(name) {
		seed = seed*31 + uint64(b)
	}
	r := rand.New(rand.NewPCG(seed, 1))
	return strings.Repeat(name+"\n", 1+r.IntN(20_000))
}

func TestKilledInTheMiddleNothingIsHalfThereAndNothingAcknowledgedIsLost(t *testing.T) {
	dir := t.TempDir()
	prepare, err := Open(testConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Extranet: prepare, t: t}
	w.site("a")
	w.member("a", stageHand, allRights)
	if err := prepare.Close(); err != nil {
		t.Fatal(err)
	}
	var mutex sync.Mutex
	acknowledged := map[string]bool{}
	tried := 0
	rounds := 12
	if testing.Short() {
		rounds = 3
	}
	for round := range rounds {
		child, base := serveUntilKilled(t, dir)
		enough := 3 + rand.IntN(40) // uploads acknowledged before the kill
		kill := sync.OnceFunc(func() { child.Process.Kill() })
		var uploads sync.WaitGroup
		for i := range 16 {
			uploads.Go(func() {
				for j := 0; ; j++ {
					name := fmt.Sprintf("runda %d fir %d nr %d.txt", round, i, j)
					mutex.Lock()
					tried++
					mutex.Unlock()
					r, _ := http.NewRequest(http.MethodPut, base+href("a", []string{name}, false), strings.NewReader(sized(name)))
					r.SetBasicAuth(stageHand, testPassword)
					response, err := http.DefaultClient.Do(r)
					if err != nil {
						return // it was killed
					}
					response.Body.Close()
					mutex.Lock()
					if response.StatusCode == http.StatusCreated {
						acknowledged[name] = true
						enough--
					} else {
						t.Errorf("status %d", response.StatusCode)
						enough = 0
					}
					if enough <= 0 {
						kill()
					}
					mutex.Unlock()
				}
			})
		}
		uploads.Wait()
		child.Wait()

		x, err := Open(testConfig(dir))
		if err != nil {
			t.Fatalf("after the kill: %v", err)
		}
		after := &world{Extranet: x, t: t}
		after.checkTidy()
		for name := range acknowledged {
			if after.content("/"+name) != sized(name) {
				t.Errorf("%s was acknowledged and is not there as it was sent", name)
			}
		}
		root, err := rootOf(x.db.reader, "a")
		if err != nil {
			t.Fatal(err)
		}
		list, err := children(x.db.reader, root.id)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range list {
			if after.content("/"+n.name) != sized(n.name) {
				t.Errorf("%s is there, and not as it was sent", n.name)
			}
		}
		if _, err := x.Members(t.Context(), "a"); err != nil {
			t.Error(err)
		}
		if err := x.Close(); err != nil {
			t.Fatal(err)
		}
	}
	orphans, err := os.ReadDir(filepath.Join(dir, orphansDir))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills, %d uploads begun, %d acknowledged, %d set aside at start", rounds, tried, len(acknowledged), len(orphans))
}
