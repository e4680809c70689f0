package extranet

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// call does what the browser has a command of its own for.
func call[P, R any](command cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	})
}

// loggedInTab is a window in which somebody has logged in already.
func (w *world) loggedInTab(address, size string, width, height int64, extra ...chromedp.EmulateViewportOption) *tab {
	w.t.Helper()
	b := w.tab(size, width, height, extra...)
	token, err := w.newSession(person{address: address})
	if err != nil {
		w.t.Fatal(err)
	}
	b.open("/intrare")
	b.run(setCookie(w, string(token)))
	return b
}

// until waits until an expression is true in the page.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.Context, chromedp.Poll[bool](expression)); err != nil {
		b.t.Fatalf("waiting until %s: %v\n%s", expression, err, read(b, chromedp.Text(chromedp.CSS("body"))))
	}
}

// filesOf writes files into a folder and returns their paths.
func filesOf(t *testing.T, contents ...string) (paths []string) {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(contents); i += 2 {
		file := filepath.Join(dir, contents[i])
		if err := os.WriteFile(file, []byte(contents[i+1]), 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, file)
	}
	return paths
}

// drag moves files over the page, or drops them there. The browser's own command
// for that (Input.dispatchDragEvent) sometimes waits forever, so the events that
// it makes are made here, with files that it has opened.
func (b *tab) drag(files []string, events ...string) {
	b.t.Helper()
	read(b, chromedp.Evaluate[bool](`(() => {
		const input = document.createElement("input");
		input.type = "file"; input.multiple = true; input.id = "trase";
		document.body.append(input);
		return true;
	})()`))
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#trase"), files))
	for _, event := range events {
		read(b, chromedp.Evaluate[bool](fmt.Sprintf(`(() => {
			const dataTransfer = new DataTransfer();
			for (const file of document.querySelector("#trase").files) dataTransfer.items.add(file);
			return document.querySelector("main").dispatchEvent(new DragEvent(%q, { bubbles: true, cancelable: true, relatedTarget: null, dataTransfer }));
		})()`, event)))
	}
	read(b, chromedp.Evaluate[bool](`document.querySelector("#trase").remove() === undefined`))
}

// uploadGate lets a test hold up and break off uploads.
type uploadGate struct {
	handler atomic.Pointer[http.Handler]
	mutex   sync.Mutex
	seen    []string                                // the queries of uploads, in order
	meet    func(r *http.Request, n int) (cut bool) // n: how many of its kind came before it; nil: all pass
}

func (g *uploadGate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if do := r.URL.Query().Get("do"); r.Method == http.MethodPost && (do == "upload" || do == "part" || do == "begin") {
		g.mutex.Lock()
		n := 0
		for _, q := range g.seen {
			if strings.HasPrefix(q, do) {
				n++
			}
		}
		g.seen = append(g.seen, do+" "+r.URL.Query().Get("offset"))
		meet := g.meet
		g.mutex.Unlock()
		if meet != nil && meet(r, n) {
			panic(http.ErrAbortHandler)
		}
	}
	(*g.handler.Load()).ServeHTTP(w, r)
}

// gated puts the gate before the extranet.
func (w *world) gated() *uploadGate {
	g := &uploadGate{}
	h := w.Handler()
	g.handler.Store(&h)
	w.server.Config.Handler = g
	return g
}

// restart closes the extranet behind the gate and opens it again, as a restart of
// the daemon does.
func (g *uploadGate) restart(w *world) {
	w.t.Helper()
	closed := http.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	g.handler.Store(&closed)
	if err := w.Close(); err != nil {
		w.t.Error(err)
	}
	x, err := Open(w.config)
	if err != nil {
		w.t.Error(err)
		return
	}
	w.Extranet = x
	h := x.Handler()
	g.handler.Store(&h)
}

func TestSeveralFilesAreDroppedOnThePageInABrowser(t *testing.T) {
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			w := stage(t)
			g := w.gated()
			goOn := make(chan struct{})
			release := sync.OnceFunc(func() { close(goOn) })
			t.Cleanup(release)
			g.meet = func(r *http.Request, n int) bool {
				if do := r.URL.Query().Get("do"); do == "part" && n == 1 || do == "upload" && n == 1 {
					<-goOn
				}
				return false
			}
			b := w.loggedInTab(stageHand, window.name, window.width, window.height, window.extra...)
			b.open("/s/a/")
			large := strings.Repeat("0123456789", 2_000_000) // comes in three parts
			files := filesOf(t, "Anexă la anchetă.pdf", "un pdf", "plan cadastral.tif", large, "plin.txt", "alt plin", "Hotărâre nr. 12.docx", "x")

			b.drag(files, "dragenter", "dragover")
			b.until(`document.body.classList.contains("dropping")`)
			b.look("upload-dragging")
			b.drag(files, "dragleave") // out of the window
			b.until(`!document.body.classList.contains("dropping")`)

			b.drag(files, "dragenter", "dragover", "drop")
			b.until(`document.querySelectorAll("#progres li").length === 4`)
			b.until(`(document.querySelector("#progres li:nth-child(2) progress") || {}).value > 30`) // of the large one
			b.wantText("Anexă la anchetă.pdf", "încărcat", "plan cadastral.tif", "%", "plin.txt", "așteaptă")
			if state := read(b, chromedp.Evaluate[string](`document.querySelector("#progres [role=status]").textContent`)); !strings.Contains(state, "Anexă la anchetă.pdf: încărcat") {
				t.Errorf("a screen reader is told %q", state)
			}
			b.look("upload-progress")
			b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), filesOf(t, "uitat.txt", "și acesta")), chromedp.Click(chromedp.CSS("form.upload button")))
			b.until(`document.querySelectorAll("#progres li").length === 5`)
			read(b, chromedp.Evaluate[string](`document.documentElement.dataset.old = "1"`))
			release()
			b.settled()
			b.wantText("Există deja fișiere cu aceste nume", "Anexă la anchetă.pdf", "plan cadastral.tif", "20 MB", "plin (2).txt", "Hotărâre nr. 12.docx")
			b.look("upload-done")
			for name, content := range map[string]string{"Anexă la anchetă.pdf": "un pdf", "plan cadastral.tif": large, "plin.txt": "plin", "plin (2).txt": "alt plin", "Hotărâre nr. 12.docx": "x", "uitat.txt": "și acesta"} {
				if w.content("/"+name) != content {
					t.Errorf("%s is not what was dropped", name)
				}
			}
			w.checkTidy()
		})
	}
}

func TestALargeUploadInABrowserSurvivesBrokenConnectionsAndARestart(t *testing.T) {
	w := stage(t)
	g := w.gated()
	var restarted atomic.Bool
	g.meet = func(r *http.Request, n int) bool {
		switch do := r.URL.Query().Get("do"); {
		case do == "part" && n > 0 && !restarted.Load(): // in the middle of the second part, however often the browser itself tries it
			io.CopyN(io.Discard, r.Body, 1<<20)
			return true
		case do == "begin" && n == 1: // and the daemon is started anew meanwhile
			g.restart(w)
			restarted.Store(true)
		}
		return false
	}
	b := w.loggedInTab(stageHand, "desktop", 1280, 900)
	b.open("/s/a/")
	content := strings.Repeat("0123456789abcdef", 1_500_000) // 24 MB: three parts
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), filesOf(t, "arhivă.zip", content)))
	read(b, chromedp.Evaluate[string](`document.documentElement.dataset.old = "1"`))
	b.run(chromedp.Click(chromedp.CSS("form.upload button")))
	b.until(`document.querySelector("#progres").textContent.includes("se reia")`)
	b.look("upload-broken")
	b.settled()
	b.wantText("1 fișier a fost încărcat", "arhivă.zip", "24 MB")
	if w.content("/arhivă.zip") != content {
		t.Error("the file is not what was sent")
	}
	first := 0
	for _, q := range g.seen {
		if q == "part 0" {
			first++
		}
	}
	if first != 1 {
		t.Errorf("the first part was sent %d times: %v", first, g.seen)
	}
	w.checkTidy()
}

func TestAnUploadThatIsRefusedIsSaidInABrowser(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxFile = 9_000_000 })
	w.site("a")
	w.member("a", stageHand, allRights)
	for _, window := range windows {
		b := w.loggedInTab(stageHand, window.name, window.width, window.height, window.extra...)
		b.open("/s/a/")
		b.drag(filesOf(t, "prea mare.bin", strings.Repeat("x", 9_000_001), "bun "+window.name+".txt", "x"), "dragenter", "dragover", "drop")
		b.until(`document.querySelector("#progres").textContent.includes("Reîncarcă lista")`)
		b.wantText("Fișierul este mai mare decât se poate păstra aici", "încărcat")
		b.look("upload-refused")
		b.press("#progres a")
		b.wantText("bun " + window.name + ".txt")
	}
}

// Everything but drag and drop works without the script.
func TestEverythingWorksWithoutScriptInABrowser(t *testing.T) {
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			asked := ""
			w := newWorld(t, func(c *Config) {
				c.RequestLink = func(_ context.Context, address string) error { asked = address; return nil }
			})
			w.site("a")
			w.member("a", stageHand, allRights)
			b := w.tab(window.name, window.width, window.height, window.extra...)
			b.run(call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
			b.plain = true

			b.open("/link-nou")
			b.run(fill("#adresa", stageHand))
			b.press("main form button")
			b.wantText("Dacă există un cont")
			if asked != stageHand {
				t.Errorf("a link was asked for %q", asked)
			}
			inv, err := w.NewLink(t.Context(), stageHand)
			if err != nil {
				t.Fatal(err)
			}
			b.open(strings.TrimPrefix(inv.Link, w.server.URL))
			b.run(fill("#parola", "prea scurt1"), fill("#parola2", "prea scurt1"))
			b.run(fill("#parola", " dar acum este lungă"), fill("#parola2", " dar acum este lungă"))
			b.press("main form button")
			b.wantText("Site-urile mele")
			b.press(`a[href="/s/a/"]`)

			if hint := read(b, chromedp.Evaluate[bool](`document.querySelector(".drophint").hidden`)); !hint {
				t.Error("without script the page tells of dragging all the same")
			}
			b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), filesOf(t, "întâi.txt", "1", "al doilea.txt", strings.Repeat("2", 9_000_000))))
			b.press("form.upload button")
			b.wantText("2 fișiere au fost încărcate", "întâi.txt", "al doilea.txt", "9,0 MB")
			b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), filesOf(t, "întâi.txt", "altfel")), chromedp.Click(chromedp.CSS("form.upload input[type=checkbox]")))
			b.press("form.upload button")
			b.wantText("1 fișier a fost încărcat")
			if got := w.content("/întâi.txt"); got != "altfel" {
				t.Errorf("the file that was replaced says %q", got)
			}
			b.run(fill("#dosar", "Anul 2025"))
			b.press("form.mkdir button")
			b.wantText("Dosarul a fost creat")
			b.look("noscript-site")
			b.press(`.actions a[href*="%C3%AEnt%C3%A2i.txt"]`)
			b.run(fill("#nume", "x"), chromedp.SetValue(chromedp.CSS("#in"), "/Anul 2025"))
			b.press("main form button")
			b.wantText("Gata, a fost mutat", "xîntâi.txt")
			b.press(`form[action$="do=delete"] button`)
			b.wantText("a fost mutat în coș")
			b.press(".notice button")
			b.wantText("A fost pus la loc")
			b.press(`form[action$="do=delete"] button`)
			b.open("/s/a/")
			b.press(`.tabs a[href$="vezi=cos"]`)
			b.wantText("xîntâi.txt")
			b.press(`form[action$="do=purge"] button`) // with script it would ask first
			if body := read(b, chromedp.Text(chromedp.CSS("main"))); strings.Contains(body, "xîntâi.txt") {
				t.Errorf("it is still in the bin:\n%s", body)
			}
			b.press(`.tabs a[href$="vezi=despre"]`)
			b.wantText("Despre site", "Cine are acces")
			b.press(`.top a[href="/cont"]`)
			b.run(fill("#nume", "laptop"))
			b.press(`input[value="app-password"] ~ button`)
			b.wantText("Copiați-o acum")
			b.press(`input[value="revoke"] ~ button`)
			b.press(`input[value="factor"] ~ button`)
			b.wantText("Codul pe care îl arată aplicația")
			b.press(".top form button")
			b.wantText("Ați ieșit din cont")
			w.checkTidy()
		})
	}
}

// typed presses a key, as at a keyboard.
func (b *tab) typed(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// tabTo presses Tab until what has the focus matches the selector. On the way
// everything that gets the focus must show it (WCAG 2.4.7), not be hidden behind
// something (2.4.11), and not keep it (2.1.2).
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	var way []string
	for range 80 {
		b.typed(kb.Tab)
		at := read(b, chromedp.Evaluate[[]string](fmt.Sprintf(`(() => {
			const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
			const faults = [];
			if (e !== document.body) {
				if (s.outlineStyle === "none" || parseFloat(s.outlineWidth) < 2) faults.push("it does not show that it has the focus");
				if (r.width < 2 || r.height < 2 || r.right < 0 || r.left > innerWidth) faults.push("it cannot be seen");
				const top = document.elementFromPoint(Math.max(1, r.left + Math.min(r.width / 2, 20)), r.top + r.height / 2);
				if (top && !e.contains(top) && !top.contains(e)) faults.push("something covers it: " + top.outerHTML.slice(0, 80));
			}
			return [e.matches(%q) ? "found" : "", e.outerHTML.slice(0, 120), ...faults];
		})()`, selector)))
		for _, fault := range at[2:] {
			b.t.Errorf("%s: %s", at[1], fault)
		}
		if at[0] != "" {
			return
		}
		way = append(way, at[1])
	}
	b.t.Fatalf("Tab does not lead to %s, but to\n%s", selector, strings.Join(way, "\n"))
}

// enter presses Enter on what has the focus, and waits for the next page.
func (b *tab) enter() {
	b.t.Helper()
	read(b, chromedp.Evaluate[string](`document.documentElement.dataset.old = "1"`))
	b.typed(kb.Enter)
	b.settled()
}

func TestThePagesAreUsedByKeyboardAloneInABrowser(t *testing.T) {
	w := stage(t)
	b := w.tab("desktop", 1280, 900)
	b.open("/s/a/")
	b.typed(stageHand) // the cursor stands in the first field
	b.tabTo("#parola")
	b.typed(testPassword)
	b.tabTo("main form button")
	b.enter()
	b.wantText("Cereri de locuințe a")

	b.open("/s/a/")
	b.tabTo("a.skip")
	b.look("keyboard-skip")
	b.typed(kb.Enter)
	b.tabTo(".tabs a[aria-current]") // the next after the way past the head of the page
	b.tabTo("#fisier")
	b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), filesOf(t, "raport.pdf", "x"))) // the window for choosing is not ours
	b.tabTo("form.upload button")
	b.enter()
	b.wantText("1 fișier a fost încărcat", "raport.pdf")
	b.tabTo("#dosar")
	b.typed("Anul 2025")
	b.enter()
	b.wantText("Dosarul a fost creat")
	b.tabTo(`a[href$="raport.pdf?vezi=modifica"]`)
	b.look("keyboard-focus")
	b.enter()
	b.tabTo("#nume")
	b.typed(kb.End + ".bak")
	b.tabTo("#in")
	b.typed("C") // the folder whose name begins so: "Cereri … / Anul 2025"
	b.typed(kb.ArrowDown)
	b.tabTo("main form button")
	b.enter()
	b.wantText("a fost mutat sau redenumit")
	moved := ""
	for _, p := range []string{"/Anul 2025/raport.pdf.bak", "/dosar/raport.pdf.bak", "/raport.pdf.bak"} {
		if w.content(p) != "-" {
			moved = p
		}
	}
	if moved == "" {
		t.Error("the file was not renamed")
	}
	b.open("/s/a/" + strings.TrimPrefix((&url.URL{Path: filepath.Dir(moved)}).EscapedPath(), "/") + "/")
	b.tabTo(`form[action$="do=delete"] button`)
	b.enter()
	b.tabTo(".notice button")
	b.enter()
	b.wantText("A fost pus la loc")
	b.tabTo(`.tabs a[href$="vezi=cos"]`)
	b.enter()
	b.tabTo(`form[action$="do=restore"] button`)
	b.enter()
	b.tabTo(`.top a[href="/cont"]`)
	b.enter()
	b.tabTo("#aplicatii ~ form #nume")
	b.typed("tastatura")
	b.enter()
	b.wantText("Copiați-o acum")
	b.tabTo(".top form button")
	b.enter()
	b.wantText("Ați ieșit din cont")
	w.checkTidy()
}
