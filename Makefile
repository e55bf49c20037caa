# SPDX-License-Identifier: GPL-2.0-only
# atcq: `make help` lists what there is to make.

O ?= build
refused := $(shell tests/plain-path "$$(pwd -P)" 'move this checkout' '$(subst ','\'',$(O))' 'set O to another folder' 2>&1)
$(if $(refused),$(error $(refused)))
# Absolute, since depfiles name what was built: the same folder by another name is another
override O := $(abspath $(O))
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
PREFIX ?= /usr/local
DESTDIR ?=
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo 0.1)
REVISION := $(shell git rev-parse --short=12 HEAD 2>/dev/null)

ifneq ($(CROSS_COMPILE),)
CC := $(CROSS_COMPILE)gcc
AR := $(CROSS_COMPILE)ar
endif
CLANG ?= clang
BPFTOOL ?= $(or $(shell PATH=$$PATH:/usr/sbin:/sbin command -v bpftool),bpftool)

CFLAGS ?= -O2 -g
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes
INC := -Iinclude -Iuser -I$(O)/skel -I$(O)/embed -I$(O)/proto
ifneq ($(SYSROOT),)
INC += --sysroot=$(SYSROOT) -isystem $(SYSROOT)/usr/include/aarch64-linux-gnu
LDFLAGS += --sysroot=$(SYSROOT) -B$(SYSROOT)/usr/lib/aarch64-linux-gnu \
	-L$(SYSROOT)/usr/lib/aarch64-linux-gnu -L$(SYSROOT)/lib/aarch64-linux-gnu \
	-Wl,-rpath-link,$(SYSROOT)/usr/lib/aarch64-linux-gnu:$(SYSROOT)/lib/aarch64-linux-gnu
endif
ifneq ($(SAN),)
CFLAGS += -fsanitize=$(SAN) -fno-omit-frame-pointer
LDFLAGS += -fsanitize=$(SAN)
endif
ALL_CFLAGS := -std=gnu11 -D_GNU_SOURCE -DATCQ_VERSION='"$(VERSION)"' -DATCQ_REVISION='"$(REVISION)"' $(WARN) $(INC) $(CFLAGS)
LIBS := -lbpf -lelf -lz -lzstd -lsqlite3 -ljansson -lpci -lyaml -lprotobuf-c -lm -lmicrohttpd -lgnutls -lcrypt -lseccomp -lcap-ng \
	-lncursesw -ltinfo -lsystemd

SRC := $(wildcard user/*.c user/*/*.c)
OBJ := $(SRC:%.c=$(O)/%.o) $(O)/proto/metrics.pb-c.o
# Everything but main(): the program, tests and benchmarks take from it what they use
LIB := $(O)/libatcq.a
SKEL := $(patsubst bpf/%.bpf.c,$(O)/skel/%.skel.h,$(wildcard bpf/*.bpf.c))
UNIT := $(patsubst tests/unit/%.c,$(O)/tests/unit/%,$(wildcard tests/unit/test_*.c))
BPFT := $(patsubst tests/bpf/%.c,$(O)/tests/bpf/%,$(wildcard tests/bpf/test_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all atcq check check-debug check-unit check-system/layers check-system/words check-bpf check-cli check-metrics check-lab check-web check-http check-prom check-scenarios mutation demo proof \
	bench gate-proof bisect patches-check lint analyze format compile_commands.json \
	install clean help unit-tests bpf-tests fuzz fuzz-targets setup

all: atcq ## build the program (default)
atcq: $(O)/atcq

say = @printf '  %-7s %s\n' $(1) $(patsubst $(CURDIR)/%,%,$(2))

$(O)/atcq: $(O)/user/cmd/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

# q: names repeat (text.o of several folders), and r would keep only the last of each
$(LIB): $(filter-out $(O)/user/cmd/main.o,$(OBJ))
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) qcs $@ $^

$(O)/%.o: %.c | $(SKEL)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -MT $@ -c -o $@ $<

# Files that become part of the program, as a C string each
define embed
	@mkdir -p $(@D)
	$(Q)sed -e 's/[\\"]/\\&/g' -e 's/.*/"&\\n"/' $< >$@
endef
$(O)/embed/%.h: user/report/%
	$(embed)
$(O)/embed/%.h: user/service/%
	$(embed)
$(O)/embed/%.h: user/verify/%
	$(embed)
$(O)/embed/%.h: user/source/%
	$(embed)
$(O)/user/service/landing.o: $(O)/embed/landing.css.h
$(O)/user/source/kernel.o: $(O)/embed/kernel_warnings.list.h
$(O)/user/report/html_page.o: $(O)/embed/page.html.h $(O)/embed/report.css.h
$(O)/user/verify/compare_html.o: $(O)/embed/diff.html.h $(O)/embed/report.css.h

# What Prometheus scrapes as protobuf; generated code is not held to our warnings
$(O)/proto/metrics.pb-c.c: user/service/metrics.proto
	$(call say,PROTO,$<)
	@mkdir -p $(@D)
	$(Q)protoc-c --proto_path=$(<D) --c_out=$(@D) $(<F)
$(O)/proto/metrics.pb-c.h: $(O)/proto/metrics.pb-c.c ;
$(O)/proto/metrics.pb-c.o: $(O)/proto/metrics.pb-c.c
	$(call say,CC,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -w -c -o $@ $<
$(O)/user/service/metrics_proto.o: $(O)/proto/metrics.pb-c.h

# asm/types.h of the machine that builds: BPF programs use nothing that differs
BPF_INC := -Iinclude -idirafter /usr/include/$(shell $(CLANG) -print-multiarch 2>/dev/null || gcc -print-multiarch)
$(O)/bpf/%.bpf.o: bpf/%.bpf.c
	$(call say,BPF,$<)
	@mkdir -p $(@D)
	$(Q)$(CLANG) -target bpf -mcpu=v3 -g -O2 -Wall -Werror $(BPF_INC) -MMD -MP -MT $@ -c -o $@ $<

$(O)/skel/%.skel.h: $(O)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	@mkdir -p $(@D)
	$(Q)$(BPFTOOL) gen object $(O)/bpf/$*.linked.o $<
	$(Q)$(BPFTOOL) gen skeleton $(O)/bpf/$*.linked.o name $*_bpf >$@

$(O)/tests/unit/%: tests/unit/%.c $(LIB)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) -lcmocka $(LIBS)

# Pages of made-up data, for the browser
$(O)/tests/web/%: tests/web/%.c $(LIB)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

# Scrapes of made-up devices, for parsers that are not ours; and docs/metrics.md
$(O)/tests/metrics/%: tests/metrics/%.c $(LIB)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(O)/tests/bpf/%: tests/bpf/%.c | $(SKEL)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< -lcmocka -lbpf -lelf -lz

$(O)/tests/fuzz/%: tests/fuzz/%.c $(LIB)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

$(O)/tests/bench/%: tests/bench/%.c $(LIB) | $(SKEL)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP $(LDFLAGS) -o $@ $< $(LIB) $(LIBS)

unit-tests: $(UNIT)
bpf-tests: $(BPFT)
fuzz-targets: $(patsubst tests/fuzz/%.c,$(O)/tests/fuzz/%,$(wildcard tests/fuzz/*.c))

setup:
	$(Q)tests/lab/install-packages --if-missing

check: setup ## run every test: unit, layers, words, bpf, cli, metrics, http, lab, scenarios, web, prom
	$(Q)O=$(O) tests/run unit system/layers system/words bpf cli metrics http lab scenarios web prom
check-unit check-system/layers check-system/words check-bpf check-cli check-metrics check-http check-lab check-scenarios check-web check-prom: check-%: setup ## one suite alone
	$(Q)O=$(O) tests/run $*
check-debug: setup ## the lab's tests again, on a kernel with KASAN and lockdep
	$(Q)O=$(O) LAB_DEBUG=1 tests/run lab
demo: setup ## the failure, on Linux 7.3 as it is and with the series
	$(Q)tests/lab/demo
mutation: setup ## plant bugs in the series: scenarios or lab tests have to find each
	$(Q)tests/lab/mutation
proof: setup ## a dead device writes to freed memory: on Linux 7.3, not with the series
	$(Q)tests/lab/proof
fuzz: setup ## feed nonsense to what reads files, FUZZ_SECONDS (60) each
	$(Q)O=$(O) tests/fuzz/run
bench: setup ## the figures that README.md and docs/benchmarks.md quote
	$(Q)tests/lab/bench
	$(Q)O=$(O) tests/bench/record.sh
	$(Q)O=$(O) tests/scenarios/bench
	$(Q)O=$(O) tests/bench/exporter.sh
gate-proof: setup ## that the gate sees 1 % and raises no false alarm; measures some 150 boots
	$(Q)tests/lab/gate-proof
bisect: setup ## TREE=DIR GOOD=.. BAD=.. SCENARIO=FILE|gate|'-- COMMAND': which commit it was
	$(Q)tests/lab/bisect --tree "$(TREE)" "$(GOOD)" "$(BAD)" $(SCENARIO)
patches-check: setup ## apply, checkpatch and compile each patch by itself
	$(Q)patches/check

# What differs from the commit where this branch left BASE: new and moved files as a whole,
# other files only in the lines that changed. FILES: these files as a whole.
BASE ?= HEAD
FILES ?=
format: setup ## apply .clang-format to lines changed since BASE=HEAD (new files: as a whole), or to FILES="..."
ifneq ($(strip $(FILES)),)
	$(Q)clang-format -i $(FILES)
else
	$(Q)base=$$(git merge-base "$(BASE)" HEAD) && \
		git diff -U0 --no-color --no-renames --relative "$$base" -- '*.c' '*.h' | clang-format-diff -p1 -i
	$(Q)git ls-files -z --others --exclude-standard -- '*.c' '*.h' | xargs -0 -r clang-format -i
endif

# gcc's analyser. It reports a leak for each array that owns its elements, so leaks are left
# to LeakSanitizer (SAN=address); at -O0 it raises the fewest false alarms.
ANALYZER ?= gcc
$(O)/lint/%.ok: %.c | $(O)/atcq
	$(call say,ANALYZE,$<)
	@mkdir -p $(@D)
	$(Q)$(ANALYZER) $(ALL_CFLAGS) -O0 -fanalyzer -Wno-analyzer-malloc-leak -Werror \
		-MMD -MP -MF $(@:.ok=.d) -MT $@ -c -o /dev/null $< && touch $@
analyze: $(SRC:%.c=$(O)/lint/%.ok)
	@:
lint: setup ## shellcheck, codespell, pyflakes, and gcc -fanalyzer over user/
	$(Q)tests/lint; text=$$?; $(MAKE) --no-print-directory -k analyze && exit $$text

# A compilation database for editors and clang-tidy; it needs the generated headers
COMPILE_COMMANDS = [inputs | { directory: $$dir, file: ., \
	command: ((if endswith(".bpf.c") then env.COMPILE_BPF else env.COMPILE_C end) + " " + .) }]
compile_commands.json: export COMPILE_C := $(CC) $(ALL_CFLAGS) -c
compile_commands.json: export COMPILE_BPF = $(CLANG) -target bpf -mcpu=v3 -g -O2 -Wall $(BPF_INC) -c
compile_commands.json: $(O)/atcq ## how each C file is compiled, for editors
	$(Q)git ls-files '*.c' ':!tests/lab' | jq -Rn --arg dir "$(CURDIR)" '$(COMPILE_COMMANDS)' >$@

install: all ## install into DESTDIR and PREFIX
	$(Q)install -D -m 755 $(O)/atcq $(DESTDIR)$(PREFIX)/bin/atcq
	$(Q)for page in docs/man/*.1; do \
		install -D -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man1/$${page##*/} || exit 1; done
	$(Q)mkdir -p $(DESTDIR)$(PREFIX)/lib/systemd/system
	$(Q)sed 's#@BINDIR@#$(PREFIX)/bin#' packaging/systemd/atcq.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/atcq.service
	$(Q)install -D -m 644 packaging/systemd/atcq.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/atcq.conf
	$(Q)[ -e $(DESTDIR)/etc/default/atcq ] || install -D -m 644 packaging/systemd/atcq.default $(DESTDIR)/etc/default/atcq

clean: ## delete what was built, but not the cache
	$(Q)rm -rf $(O)

help: ## this list
	@sed -n 's/^\([a-z][a-z_. -]*\):.*## \(.*\)/\1|\2/p' $(firstword $(MAKEFILE_LIST)) | \
		while IFS='|' read -r name text; do printf '  %-22s %s\n' "$${name%% *}" "$$text"; done

-include $(OBJ:.o=.d) $(SKEL:$(O)/skel/%.skel.h=$(O)/bpf/%.bpf.d) $(UNIT:%=%.d) $(BPFT:%=%.d) $(O)/tests/web/make_reports.d $(O)/tests/web/make_landing.d $(SRC:%.c=$(O)/lint/%.d)
