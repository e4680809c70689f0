package extranet

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"

	"registratura/intake"
)

// BenchmarkWebDAV measures uploads and downloads of one client beside Apache's
// mod_dav on the same disk, in one run. What it says has to be read with care:
// the extranet has every upload on the disk (fsync) before it answers, keeps a
// checksum and writes its journal; mod_dav does none of that.
func BenchmarkWebDAV(b *testing.B) {
	for _, server := range []struct {
		name  string
		start func(*testing.B) string
	}{{"extranet", benchExtranet}, {"mod_dav", benchApache}} {
		b.Run(server.name, func(b *testing.B) {
			base := server.start(b)
			for _, size := range []int{10 << 10, 1 << 20, 64 << 20} {
				content := bytes.Repeat([]byte("0123456789abcdef"), size/16)
				b.Run(fmt.Sprintf("upload/%dkB", size>>10), func(b *testing.B) {
					b.SetBytes(int64(size))
					for i := 0; b.Loop(); i++ {
						// A few names, again and again: the disk must not fill up.
						benchRequest(b, http.MethodPut, fmt.Sprintf("%s%d-%d.bin", base, size, i%8), bytes.NewReader(content))
					}
				})
				if size == 10<<10 { // by 16 people at once
					b.Run("uploads at once/10kB", func(b *testing.B) {
						b.SetBytes(int64(size))
						b.SetParallelism(16 / runtime.GOMAXPROCS(0))
						var people atomic.Int64
						b.RunParallel(func(p *testing.PB) {
							for i, who := 0, people.Add(1); p.Next(); i++ {
								benchRequest(b, http.MethodPut, fmt.Sprintf("%s%d-%d-%d.bin", base, size, who, i%8), bytes.NewReader(content))
							}
						})
					})
				}
				b.Run(fmt.Sprintf("download/%dkB", size>>10), func(b *testing.B) {
					b.SetBytes(int64(size))
					for b.Loop() {
						benchRequest(b, http.MethodGet, fmt.Sprintf("%s%d-0.bin", base, size), nil)
					}
				})
			}
		})
	}
}

var benchClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

func benchRequest(b *testing.B, method, url string, body io.Reader) {
	r, err := http.NewRequest(method, url, body)
	if err != nil {
		b.Fatal(err)
	}
	r.SetBasicAuth(stageHand, testPassword)
	response, err := benchClient.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		b.Fatal(err)
	}
	if response.StatusCode >= 300 {
		b.Fatalf("%s: status %d", method, response.StatusCode)
	}
}

func benchExtranet(b *testing.B) string {
	c := testConfig(b.TempDir())
	c.SiteQuota = 1 << 50 // what is overwritten goes to the bin, and counts
	x, err := Open(c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	if err := x.EnsureSite(b.Context(), intake.Site{ID: "a"}); err != nil {
		b.Fatal(err)
	}
	if err := x.EnsureMember(b.Context(), "a", intake.Member{Name: "B", Address: stageHand, Side: intake.InternalSide, Rights: allRights}); err != nil {
		b.Fatal(err)
	}
	if _, err := x.db.writer.Exec(`UPDATE accounts SET password = ?`, quickHash()); err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(x.Handler())
	b.Cleanup(server.Close)
	return server.URL + "/s/a/"
}

const apacheConfig = `
ServerName localhost
Listen %[1]s
PidFile %[2]s/pid
DefaultRuntimeDir %[2]s
ErrorLog %[2]s/error.log
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule dav_module /usr/lib/apache2/modules/mod_dav.so
LoadModule dav_fs_module /usr/lib/apache2/modules/mod_dav_fs.so
User www-data
Group www-data
DavLockDB %[2]s/files/lock
DocumentRoot %[2]s/files
<Directory %[2]s/files>
Dav On
Require all granted
</Directory>
`

func benchApache(b *testing.B) string {
	path, err := exec.LookPath("apache2")
	if err != nil {
		b.Skip("apache2 is not installed (Debian: apache2-bin)")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	dir := b.TempDir()
	files := filepath.Join(dir, "files")
	if err := os.MkdirAll(files, 0o777); err != nil {
		b.Fatal(err)
	}
	for _, d := range []string{filepath.Dir(dir), dir, files} {
		if err := os.Chmod(d, 0o777); err != nil { // Apache's own user writes here
			b.Fatal(err)
		}
	}
	config := filepath.Join(dir, "apache.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, apacheConfig, address, dir), 0o644); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(path, "-f", config, "-DFOREGROUND")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Signal(syscall.SIGTERM); cmd.Wait() }) // SIGKILL would leave its children behind
	for range 10_000 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return "http://" + address + "/"
		}
	}
	b.Fatal("Apache does not answer")
	return ""
}
