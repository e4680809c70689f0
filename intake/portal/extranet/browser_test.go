package extranet

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"registratura/forms"
	"registratura/intake"
)

// chromium starts Debian's chromium, without a network of its own.
func chromium(t *testing.T) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("chromium is not installed (Debian: chromium)")
		}
		t.Skip("chromium is not installed (Debian: chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(t.TempDir()), chromedp.WSURLReadTimeout(3*time.Minute), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.NoFirstRun,
		chromedp.Env("LC_ALL=C.UTF-8")) // else it finds no file with diacritics in its name
	allocator, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // starts it; a time limit here would be the browser's
		t.Fatalf("starting chromium: %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, 8*time.Minute) // the machine may be busy
	t.Cleanup(cancel)
	return ctx
}

// tab is a browser's window of some size, with what it complained about.
type tab struct {
	context.Context
	t     *testing.T
	w     *world
	size  string
	width int64
	plain bool // without script
	mutex sync.Mutex
	wrong []string
}

func (w *world) tab(size string, width, height int64, extra ...chromedp.EmulateViewportOption) *tab {
	w.t.Helper()
	b := &tab{Context: chromium(w.t), t: w.t, w: w, size: size, width: width}
	messages := chromedp.Console(b.Context)
	go func() {
		for m, err := range messages {
			// That a page says no with a 4xx is not a fault of the page.
			if err == nil && (m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException) && !strings.Contains(m.Text, "Failed to load resource") {
				b.mutex.Lock()
				b.wrong = append(b.wrong, m.Text)
				b.mutex.Unlock()
			}
		}
	}()
	b.run(chromedp.EmulateViewport(width, height, extra...))
	return b
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.Context, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *tab) open(path string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.w.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer")))
}

// read runs an action that returns something.
func read[T any](b *tab, a chromedp.Action[T]) T {
	b.t.Helper()
	v, err := chromedp.Run(b.Context, a)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// press clicks on something that leads to another page, and waits for that.
func (b *tab) press(selector string) {
	b.t.Helper()
	read(b, chromedp.Evaluate[string](`document.documentElement.dataset.old = "1"`))
	b.run(chromedp.Click(chromedp.CSS(selector)))
	b.settled()
}

// settled waits for the page that comes after the one that was marked as old.
func (b *tab) settled() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.Context, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitReady(chromedp.CSS(`html:not([data-old]) footer`))); err != nil {
		b.t.Fatalf("no other page comes: %v\n%s", err, read(b, chromedp.Text(chromedp.CSS("body"))))
	}
}

func (b *tab) wantText(texts ...string) {
	b.t.Helper()
	got := read(b, chromedp.Text(chromedp.CSS("body")))
	for _, text := range texts {
		if !strings.Contains(got, text) {
			b.t.Errorf("the page does not show %q:\n%s", text, got)
		}
	}
}

// look checks what holds for every page, and keeps a picture of it where there is
// a folder for pictures.
func (b *tab) look(name string) {
	b.t.Helper()
	if width := read(b, chromedp.Evaluate[int64]("document.documentElement.scrollWidth")); width > b.width {
		b.t.Errorf("page %s, %s: it is %d pixels wide, the window %d", name, b.size, width, b.width)
	}
	for _, f := range read(b, chromedp.Evaluate[[]string](pageFaults)) {
		b.t.Errorf("page %s, %s: %s", name, b.size, f)
	}
	b.axe(name)
	b.mutex.Lock()
	for _, f := range b.wrong {
		b.t.Errorf("page %s, %s: the browser complains: %s", name, b.size, f)
	}
	b.wrong = nil
	b.mutex.Unlock()
	dir := pictures(b.t)
	if dir == "" {
		return
	}
	picture := read(b, chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(dir, name+"-"+b.size+".png"), picture, 0o644); err != nil {
		b.t.Error(err)
	}
}

// pictures is the folder for pictures of the pages: what EXTRANET_PICTURES names,
// or with "go test -artifacts" the test's own; empty: none are kept.
func pictures(t *testing.T) string {
	dir := os.Getenv("EXTRANET_PICTURES")
	if artifacts := flag.Lookup("test.artifacts"); dir == "" && artifacts != nil && artifacts.Value.String() == "true" {
		return t.ArtifactDir()
	}
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestPagesAreLookedAtByAxeCore says whether they are: the tests above look at
// every page with it only where AXE_CORE names its axe.min.js.
func TestPagesAreLookedAtByAxeCore(t *testing.T) {
	file := os.Getenv("AXE_CORE")
	if file == "" {
		t.Skip("no page was looked at by axe-core: AXE_CORE does not name its axe.min.js (npm install --prefix DIR axe-core)")
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	// It finds what is wrong: a page without a language, an image without a name.
	b := newWorld(t).tab("desktop", 1280, 900)
	b.run(chromedp.Navigate("data:text/html,<title>x</title><main><h1>x</h1><img src=x></main>"), chromedp.WaitReady(chromedp.CSS("h1")))
	read(b, chromedp.Evaluate[bool](string(source)+"; true"))
	found := read(b, chromedp.Evaluate[[]string](`axe.run(document).then((r) => r.violations.map((v) => v.id))`, chromedp.EvalAwaitPromise))
	for _, want := range []string{"html-has-lang", "image-alt"} {
		if !slices.Contains(found, want) {
			t.Errorf("axe-core does not find %s, but %v", want, found)
		}
	}
}

// axe runs axe-core on the page, where AXE_CORE names its axe.min.js (the npm
// package axe-core).
func (b *tab) axe(name string) {
	b.t.Helper()
	file := os.Getenv("AXE_CORE")
	if file == "" || b.plain {
		return // TestPagesAreLookedAtByAxeCore says so; axe-core is a script
	}
	source, err := os.ReadFile(file)
	if err != nil {
		b.t.Fatal(err)
	}
	read(b, chromedp.Evaluate[bool](string(source)+"; true"))
	for _, v := range read(b, chromedp.Evaluate[[]string](`axe.run(document).then((r) => r.passes.length < 5 ? ["it looked at nothing"] :
		r.violations.flatMap((v) => v.nodes.map((n) => v.id + ": " + n.html + ": " + n.failureSummary)))`, chromedp.EvalAwaitPromise)) {
		b.t.Errorf("page %s, %s: axe-core: %s", name, b.size, v)
	}
}

// pageFaults is what WCAG 2.2 AA asks for and can be measured simply: one h1,
// a language, labels, contrast of text (1.4.3), the size of what is pressed
// (2.5.8), nothing that runs out of the window (1.4.10).
const pageFaults = `(() => {
  const faults = [];
  const visible = (e) => { const r = e.getBoundingClientRect(); const s = getComputedStyle(e);
    return r.width > 1 && r.height > 1 && s.visibility !== "hidden" && !e.closest(".visually-hidden, .skip, thead"); };
  if (document.querySelectorAll("h1").length !== 1) faults.push("it has not one h1");
  if (document.documentElement.lang !== "ro") faults.push("it does not say that it is Romanian");
  if (!document.title.trim()) faults.push("it has no title");
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) faults.push("an id stands twice");
  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!e.labels || e.labels.length === 0) faults.push("no label: " + e.outerHTML);
  for (const e of document.querySelectorAll("a[href], button"))
    if (!e.textContent.trim() && !e.getAttribute("aria-label")) faults.push("no name: " + e.outerHTML);
  for (const e of document.querySelectorAll("button, .button, input:not([type=hidden]), select, nav a")) {
    if (!visible(e)) continue;
    const r = e.getBoundingClientRect();
    if (r.height < 24 && e.type !== "checkbox") faults.push("lower than 24 pixels: " + e.outerHTML);
  }
  const rgba = (c) => { const m = c.match(/[\d.]+/g).map(Number); return m.length > 3 ? m : [...m, 1]; };
  const light = (c) => { const f = c.slice(0, 3).map((v) => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * f[0] + .7152 * f[1] + .0722 * f[2]; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] > .99) return c; } return [255, 255, 255, 1]; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !visible(e)) continue;
    const a = light(rgba(getComputedStyle(e).color)), b = light(behind(e));
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) faults.push("contrast " + contrast.toFixed(2) + ": " + walk.currentNode.data.trim());
  }
  return faults;
})()`

var windows = []struct {
	name          string
	width, height int64
	extra         []chromedp.EmulateViewportOption
}{
	{"desktop", 1280, 900, nil},
	{"phone", 390, 844, []chromedp.EmulateViewportOption{chromedp.EmulateMobile, chromedp.EmulateScale(2), chromedp.EmulateTouch}},
}

func TestAPersonGetsInAndWorksInABrowser(t *testing.T) {
	for _, window := range windows {
		t.Run(window.name, func(t *testing.T) {
			w := newWorld(t, func(c *Config) { c.RequestLink = func(context.Context, string) error { return nil } })
			w.site("locuinte-2026")
			if err := w.EnsureSite(t.Context(), intake.Site{ID: "locuinte-2026", Title: "Anchete sociale pentru locuințe", Partner: "Direcția de Asistență Socială Buzău",
				Department: "Direcția Cadastru, Administrare Patrimoniu, Fond Locativ, Transporturi Locale", InfoTypes: "cereri de locuințe\nanchete sociale",
				LegalBasis: "Legea nr. 114/1996 a locuinței, art. 43; acordul de colaborare nr. 1204/2026", Request: "42/23.11.2026"}); err != nil {
				t.Fatal(err)
			}
			for _, m := range []intake.Member{
				{Name: "Ana-Maria Ștefănescu", Address: "ana-maria.stefanescu@das-buzau.example", Side: intake.PartnerSide, Rights: allRights},
				{Name: "Bogdan Ionescu", Address: "bogdan.ionescu@primariabuzau.example", Side: intake.InternalSide, Rights: forms.RightRead},
			} {
				if err := w.EnsureMember(t.Context(), "locuinte-2026", m); err != nil {
					t.Fatal(err)
				}
			}
			b := w.tab(window.name, window.width, window.height, window.extra...)

			b.open("/s/locuinte-2026/")
			b.wantText("Intrare", "Parola")
			b.look("login")
			b.run(chromedp.SendKeys(chromedp.CSS("#adresa"), "ana-maria.stefanescu@das-buzau.example"), chromedp.SendKeys(chromedp.CSS("#parola"), "nu este parola"))
			b.press("main button")
			b.wantText("nu este corectă")
			b.look("login-wrong")
			b.open("/link-nou")
			b.look("newlink")

			inv, err := w.Invite(t.Context(), "ana-maria.stefanescu@das-buzau.example")
			if err != nil {
				t.Fatal(err)
			}
			link := strings.TrimPrefix(inv.Link, w.server.URL)
			b.open(link)
			b.look("link")
			b.run(chromedp.SendKeys(chromedp.CSS("#parola"), testPassword), chromedp.SendKeys(chromedp.CSS("#parola2"), testPassword))
			b.press("main button")
			b.wantText("Site-urile mele", "Anchete sociale")
			b.look("home")
			b.open("/s/locuinte-2026/")
			b.wantText("nu sunt încă fișiere")
			b.look("empty")

			dir := t.TempDir()
			var files []string
			for i, name := range []string{"Anchetă socială familia Dobre.pdf", "Centralizator cereri 2026 (versiunea agreată cu instituția parteneră, semnată).xlsx", "poza.jpg"} {
				file := filepath.Join(dir, name)
				if err := os.WriteFile(file, make([]byte, 900+i*700_000), 0o600); err != nil {
					t.Fatal(err)
				}
				files = append(files, file)
			}
			b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), files))
			b.press("form.upload button")
			b.wantText("3 fișiere au fost încărcate", "Anchetă socială familia Dobre.pdf", "900 de octeți", "1,4 MB", "Ana-Maria Ștefănescu")
			b.run(chromedp.SendKeys(chromedp.CSS("#dosar"), "Anul 2025"))
			b.press("form.mkdir button")
			b.wantText("Dosarul a fost creat")
			b.look("site")

			b.press(`form[action$="do=delete"] button`) // folders stand first
			b.wantText("„Anul 2025” a fost mutat în coș", "Pune la loc")
			b.look("deleted")
			b.press(`.notice button`)
			b.wantText("A fost pus la loc", "Anul 2025")
			b.press(`.actions a[href*="poza.jpg"]`)
			b.look("edit")
			b.run(chromedp.SetValue(chromedp.CSS("#nume"), "fotografie.jpg"), chromedp.SetValue(chromedp.CSS("#in"), "/Anul 2025"))
			b.press("main button")
			b.wantText("Anul 2025", "fotografie.jpg")
			b.look("folder")
			large := filepath.Join(dir, "plan cadastral.tif") // large enough to be sent in parts
			if err := os.WriteFile(large, bytes.Repeat([]byte("0123456789"), 2_000_000), 0o600); err != nil {
				t.Fatal(err)
			}
			b.run(chromedp.SetUploadFiles(chromedp.CSS("#fisier"), []string{large}))
			b.press("form.upload button")
			b.wantText("1 fișier a fost încărcat", "plan cadastral.tif", "20 MB")
			b.press(`form[action$="do=delete"] button`)
			b.open("/s/locuinte-2026/?vezi=cos")
			b.wantText("fotografie.jpg", "Pune la loc")
			b.look("bin")
			b.open("/s/locuinte-2026/?vezi=despre")
			b.wantText("Legea nr. 114/1996", "Bogdan Ionescu", "citire, scriere și ștergere")
			b.look("about")
			b.open("/cont")
			b.run(chromedp.SendKeys(chromedp.CSS("#nume"), "laptop de serviciu"))
			b.press(`input[value="app-password"] ~ button`)
			b.wantText("Copiați-o acum", "laptop de serviciu")
			b.look("account")
			b.open("/s/alt-site/")
			b.wantText("Nu aveți acces")
			b.look("refused")
			b.press(".top button")
			b.wantText("Ați ieșit din cont")
		})
	}
}

func TestPagesOfManyAndOfFewRightsAreSound(t *testing.T) {
	w := stage(t)
	for i := range 40 {
		w.put(fmt.Sprintf("/Document numărul %d cu un nume destul de lung cât să treacă pe rândul următor.docx", i), "x")
	}
	w.member("a", "cititor@das.example", forms.RightRead)
	w.member("a", "depune@das.example", forms.RightWrite)
	for _, window := range windows {
		b := w.tab(window.name, window.width, window.height, window.extra...)
		for _, address := range []string{"cititor@das.example", "depune@das.example"} {
			name, _, _ := strings.Cut(address, "@")
			token, err := w.newSession(person{address: address})
			if err != nil {
				t.Fatal(err)
			}
			b.open("/intrare")
			b.run(setCookie(w, string(token)))
			b.open("/s/a/")
			b.wantText("Drepturile dumneavoastră")
			b.look("site-" + name)
		}
	}
}

// fill types into a field.
func fill(selector, text string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(selector), text)
}

func setCookie(w *world, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: sessionCookie, Value: value, URL: w.server.URL})
		return err
	})
}
