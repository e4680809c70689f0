# Registratura. What people use: make demo, make test. See CONTRIBUTING.md.

GO      ?= go
BIN     := bin/registratura
SOURCES := $(shell find . -name '*.go' -o -name '*.tmpl' -o -name '*.sql' -o -name '*.txt' -o -name go.mod -o -name go.sum)

.PHONY: build run demo test bench check fuzz pictures clean

build: $(BIN)

$(BIN): $(SOURCES)
	$(GO) build -o $@ ./cmd/registratura

# The daemon; CONFIG names its configuration.
CONFIG ?= registratura.toml
run: $(BIN)
	$(BIN) serve --config $(CONFIG)

# Everything on this machine: mail servers, daemon, extranet. Ctrl-C ends it.
demo: $(BIN)
	$(BIN) demo

test:
	$(GO) test -timeout 30m ./...

# What docs/benchmarks.md tells, measured anew.
bench:
	$(GO) test -run '^$$' -bench . -benchmem ./forms ./intake/reply ./intake/mailbox ./intake/store ./mailer ./cmd/registratura
	$(GO) test -run '^$$' -bench WebDAV -benchtime 20x ./intake/portal/extranet
	BENCH=1 $(GO) test -count=1 -v -run '^TestBenchRoad' -timeout 15m ./cmd/registratura

# Format, vet, lint.
check:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) mod verify
	$(GO) mod tidy -diff

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 30s
fuzz:
	@for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 1x $$pkg || exit 1; \
	  done; done

# The forms and the extranet's pages as pictures, to be looked at.
PICTURES ?= $(CURDIR)/pictures
pictures:
	FORMS_PICTURES=$(PICTURES) $(GO) test -count=1 -run Picture ./forms
	EXTRANET_PICTURES=$(PICTURES) $(GO) test -count=1 -run 'Sound|Browser' ./intake/portal/extranet
	@echo "see $(PICTURES)"

clean:
	rm -rf bin pictures
