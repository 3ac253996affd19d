# Casement.  `make help` lists what can be made.

PREFIX ?= /usr/local
DESTDIR ?=
PORT ?= 8080
VAR ?= var
PYTHON ?= /usr/bin/python3
SECONDS ?= 60
STEP ?= 1
MINUTES ?= 10

# The last part of BUILD picks the kind of build: asan, fuzz, coverage, or (any other name) release.
BUILD ?= build
VARIANT := $(notdir $(BUILD))

PACKAGES_BUILD := gcc libc6-dev make pkg-config libfcgi-dev libjson-c-dev libjwt-dev libsqlite3-dev \
	libssl-dev libcrypt-dev libcurl4-openssl-dev libcunit1-dev
PACKAGES_RUN := lighttpd sqlite3 curl python3-requests
PACKAGES_MOUNTS := apache2 libapache2-mod-fcgid nginx spawn-fcgi multiwatch
PACKAGES_INSTALL := lighttpd-mod-openssl openssl iproute2 systemd systemd-sysv
PACKAGES_TOOLS := clang-format clang-tidy cppcheck valgrind
PACKAGES_CLIENTS := chromium python3-venv
PACKAGES_BENCH := wrk valgrind
PACKAGES_DIST := debootstrap
PACKAGES_FUZZ := clang libclang-rt-14-dev
PACKAGES_DEB := debhelper fakeroot groff-base lintian

# Goals that change what the others find run before them, with -j too.
FIRST := $(filter setup setup-% clean,$(MAKECMDGOALS))
PASS = BUILD="$(1)" PYTHON="$(PYTHON)" --no-print-directory

# The dynamic linker looks through them in this order: those with the most symbols are found first.
MODULES := libcrypto sqlite3 json-c libjwt libcrypt libcurl
HEADERS := fcgiapp.h
TEST_HEADERS := CUnit/CUnit.h

# Asked for once, when first used in a recipe: `make setup check` installs pkg-config before that.
PKG_CFLAGS = $(eval PKG_CFLAGS := $$(shell pkg-config --cflags $(MODULES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := $$(shell pkg-config --libs $(MODULES)))$(PKG_LIBS)

# Deprecation warns and no more: a newer release of a library must not break the build.
WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 \
	-Werror -Wno-error=deprecated-declarations
HARDENING := -fstack-protector-strong -fstack-clash-protection
ifeq ($(VARIANT),asan)
CFLAGS ?= -O1 -g
KIND := -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
else ifeq ($(VARIANT),fuzz)
CFLAGS ?= -O1 -g
KIND := -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
else ifeq ($(VARIANT),coverage)
CFLAGS ?= -O0 -g
KIND := --coverage
else
CFLAGS ?= -O2 -g
KIND := $(HARDENING)
# Without optimisation the headers warn that there is nothing to fortify.
ifeq ($(filter -O0,$(CFLAGS)),)
KIND += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
endif

ALL_CPPFLAGS = -D_GNU_SOURCE -Ilib -I$(BUILD)/gen $(PKG_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=c11 -fPIE -fvisibility=hidden $(WARNINGS) $(KIND) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(KIND) $(CFLAGS) $(LDFLAGS)

LIB_SOURCES := $(wildcard lib/*.c lib/*/*.c)
FCGI_SOURCES := $(wildcard fcgi/*.c)
UNIT_SOURCES := $(wildcard tests/unit/*.c tests/unit/*/*.c)
SQL := sql/embed.awk $(wildcard sql/migrations/*.sql) $(NEXT_MIGRATION) $(wildcard sql/queries/*.sql)
GENERATED := $(BUILD)/gen/sql.h $(BUILD)/gen/sql.c

LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/gen/sql.o
FCGI_OBJECTS := $(FCGI_SOURCES:%.c=$(BUILD)/obj/%.o)
UNIT_OBJECTS := $(UNIT_SOURCES:%.c=$(BUILD)/obj/%.o)
DEPENDENCIES := $(patsubst %.o,%.d,$(LIB_OBJECTS) $(FCGI_OBJECTS) $(UNIT_OBJECTS))

LIBRARY := $(BUILD)/libcasement.a
PROGRAM := $(BUILD)/casement
UNIT := $(BUILD)/unit
# The program with one more migration, to which the tests upgrade the one that runs.
NEXT := build/next/casement

PLACE = $(DESTDIR)$(PREFIX)
# What of deploy/ is of use where the program is installed.
INSTALLED := $(addprefix deploy/,README.md apply configure install apache/* cron/* init.d/* lighttpd/* \
	logrotate/* nginx/* prometheus/* systemd/*)

# A program a target: here the inputs that are kept are run through it, in build/fuzz libFuzzer's own.
FUZZ_TARGETS := $(filter-out fuzz main,$(basename $(notdir $(wildcard tests/fuzz/*.c))))
FUZZ := $(FUZZ_TARGETS:%=$(BUILD)/targets/%)
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(wildcard tests/fuzz/*.c))
DEPENDENCIES += $(FUZZ_OBJECTS:.o=.d)

# A line a file; V=1 shows the commands.
quiet = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all setup setup-mounts setup-install setup-tools setup-clients setup-bench setup-dist setup-deb \
	setup-fuzz run check checklist check-together check-unit check-asan check-valgrind check-mounts \
	check-install check-clients check-dist check-deb check-fault soak bench bench-instructions fuzz lint format coverage \
	install dist deb clean help tests \
	can-build can-test FORCE

all: $(PROGRAM) ## build the program: build/casement

setup: ## install what building, running and testing need (Debian; sudo only when not root)
	@deploy/setup $(PACKAGES_BUILD) $(PACKAGES_RUN)

setup-mounts: ## install the web servers that check-mounts needs besides
	@deploy/setup $(PACKAGES_MOUNTS)

setup-install: ## install the web servers and the systemd that check-install needs besides
	@deploy/setup $(PACKAGES_MOUNTS) $(PACKAGES_INSTALL)

setup-tools: ## install what lint, format and check-valgrind need besides
	@deploy/setup $(PACKAGES_TOOLS)

setup-clients: ## install what check-clients needs besides node and npm
	@deploy/setup $(PACKAGES_CLIENTS)

setup-bench: ## install what bench needs besides node and npm, and the peer's packages
	@deploy/setup $(PACKAGES_BENCH)
	@! command -v npm >/dev/null || npm ci --no-audit --no-fund --prefix tests/bench/peer

setup-dist: ## install what check-dist needs besides
	@deploy/setup $(PACKAGES_DIST)

setup-fuzz: ## install what fuzz needs besides
	@deploy/setup $(PACKAGES_FUZZ)

setup-deb: ## install what deb and check-deb need besides
	@deploy/setup $(PACKAGES_DEB) $(PACKAGES_DIST)

run: $(PROGRAM) ## run it behind lighttpd until Ctrl-C: PORT=8080, VAR=var (the folder for all state)
	@exec deploy/run "$(PROGRAM)" "$(PORT)" "$(VAR)"

# What is not installed is said in one line, before a compiler says it in a hundred.
can-build: | $(FIRST)
	@missing=; for tool in "$(firstword $(CC))" pkg-config; do \
		command -v "$$tool" >/dev/null || missing="$$missing $$tool"; done; \
	for module in $(MODULES); do \
		pkg-config --exists $$module 2>/dev/null || missing="$$missing $$module"; done; \
	for header in $(HEADERS); do \
		echo "#include <$$header>" | $(CC) -E - >/dev/null 2>&1 || missing="$$missing $$header"; done; \
	test -z "$$missing" || { echo "not installed:$$missing; run: make setup" >&2; exit 1; }

can-test: | can-build
	@missing=; for header in $(TEST_HEADERS); do \
		echo "#include <$$header>" | $(CC) -E - >/dev/null 2>&1 || missing="$$missing $$header"; done; \
	PATH=$$PATH:/usr/sbin; command -v lighttpd >/dev/null || missing="$$missing lighttpd"; \
	"$(PYTHON)" -c 'import requests' 2>/dev/null || missing="$$missing python3-requests"; \
	test -z "$$missing" || { echo "not installed:$$missing; run: make setup" >&2; exit 1; }

$(BUILD)/gen/sql.h: $(SQL) | $(FIRST)
	@mkdir -p $(@D)
	$(call quiet,SQL,$@)awk -v part=header -f sql/embed.awk $(filter %.sql,$(SQL)) >$@

$(BUILD)/gen/sql.c: $(SQL) | $(FIRST)
	@mkdir -p $(@D)
	$(call quiet,SQL,$@)awk -v part=source -f sql/embed.awk $(filter %.sql,$(SQL)) >$@

# Lists of files and flags, written only when they change: a removed source, another CFLAGS and a
# removed .sql file are then seen too.
$(BUILD)/flags: FORCE | can-build
	@mkdir -p $(@D)
	@printf '%s\n' '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' '$(LIB_SOURCES)' '$(SQL)' | \
		cmp -s - $@ || printf '%s\n' '$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS)' \
		'$(LIB_SOURCES)' '$(SQL)' >$@
$(GENERATED): $(BUILD)/flags

$(BUILD)/obj/gen/%.o: $(BUILD)/gen/%.c $(BUILD)/gen/sql.h $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/tests/%.o: tests/%.c $(BUILD)/flags | $(BUILD)/gen/sql.h can-test
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(ALL_CPPFLAGS) -Itests/unit $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/%.o: %.c $(BUILD)/flags | $(BUILD)/gen/sql.h
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(LIBRARY): $(LIB_OBJECTS)
	@rm -f $@
	$(call quiet,AR,$@)$(AR) rcs $@ $^

$(PROGRAM): $(FCGI_OBJECTS) $(LIBRARY)
	$(call quiet,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) -lfcgi $(LDLIBS)

# The tests of fcgi/ include its headers, and are linked with all of it but main().
$(BUILD)/obj/tests/unit/fcgi/%.o: private ALL_CPPFLAGS += -I.

$(UNIT): $(UNIT_OBJECTS) $(BUILD)/obj/fcgi/answer.o $(LIBRARY)
	$(call quiet,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcunit $(PKG_LIBS) $(LDLIBS)

# private: what they are made from, the list of flags too, keeps its own.
$(FUZZ_OBJECTS): private ALL_CPPFLAGS += -I.

FUZZ_MAIN = $(if $(filter fuzz,$(VARIANT)),-fsanitize=fuzzer,$(BUILD)/obj/tests/fuzz/main.o)
FUZZ_PARTS := $(BUILD)/obj/tests/fuzz/fuzz.o $(filter-out %/main.o,$(FCGI_OBJECTS)) $(LIBRARY)

$(FUZZ): $(BUILD)/targets/%: $(BUILD)/obj/tests/fuzz/%.o $(FUZZ_PARTS) | $(BUILD)/obj/tests/fuzz/main.o
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $(FUZZ_MAIN) $^ $(PKG_LIBS) -lfcgi $(LDLIBS)

# The same program, with its libraries and its loader from lib/ beside it.  RPATH (not RUNPATH)
# holds for the libraries of libraries too.
$(BUILD)/dist/casement: $(PROGRAM)
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) $(ALL_LDFLAGS) -s -Wl,--disable-new-dtags,-rpath,'$$ORIGIN/lib' \
		-Wl,--dynamic-linker="lib/$$(readelf -p .interp $(PROGRAM) | sed -n 's|.*/\([^ ]*\)$$|\1|p')" \
		-o $@ $(FCGI_OBJECTS) $(LIBRARY) $(PKG_LIBS) -lfcgi $(LDLIBS)

dist: $(BUILD)/dist/casement ## pack an archive for shared hosting, libraries included: build/dist
	@deploy/dist "$(PROGRAM)" "$<" "$(BUILD)/dist"

deb: | $(FIRST) ## build Debian packages, looked over by lintian: build/deb
	@deploy/deb "$(BUILD)/deb"

tests: $(PROGRAM) $(UNIT) $(FUZZ) next | can-test

.PHONY: next
# check and check-asan use the same one, and may run at the same time.
next: $(PROGRAM)
	@mkdir -p build/next
	@flock build/next $(MAKE) $(call PASS,build/next) \
		NEXT_MIGRATION=tests/e2e/migrations/9999_next.sql $(NEXT)

E2E = $(PYTHON) tests/e2e/run.py --binary $(1) --server $(2) --next $(NEXT)

REPLAY = tests/fuzz/replay $(BUILD)/targets $(FUZZ_TARGETS)

check: tests ## run every test: unit, kept inputs of the fuzzers, guards, end to end under lighttpd and as CGI
	@CASEMENT="$(PROGRAM)" tests/run \
		unit '$(UNIT)' \
		fuzz '$(REPLAY)' \
		guards 'tests/guards/run' \
		'e2e lighttpd' '$(call E2E,$(PROGRAM),lighttpd)' \
		'e2e cgi' '$(call E2E,$(PROGRAM),cgi)'

checklist: tests ## run the end-to-end tests and print a security review's lines with their tests
	@$(call E2E,$(PROGRAM),lighttpd) --checklist

check-together: tests ## let processes change the same rows and replay the trail: SECONDS=60
	@$(call E2E,$(PROGRAM),lighttpd) -k test_together --seconds $(SECONDS)

check-unit: $(UNIT) ## run the unit tests alone
	@$(UNIT)

# A web server's children have no terminal, so the sanitizers write their reports to a folder.
check-asan: ## run unit, kept inputs and end to end (lighttpd) with AddressSanitizer, LeakSanitizer and UBSan
	@$(MAKE) $(call PASS,build/asan) sanitized

.PHONY: sanitized
sanitized: tests
	@rm -rf "$(BUILD)/reports" && mkdir -p "$(BUILD)/reports"
	@log="$(CURDIR)/$(BUILD)/reports/report"; \
	ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:log_path='$$log'" \
	UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:log_path='$$log'" \
	tests/run \
		unit '$(UNIT)' \
		fuzz '$(REPLAY)' \
		'e2e lighttpd' '$(call E2E,$(PROGRAM),lighttpd)' \
		'no reports' 'tests/reports $(BUILD)/reports'

# Only the responders run under valgrind: there, a command that makes an RSA key takes ten seconds.
# Some web servers run them as another user, who writes reports too.
check-valgrind: tests ## run unit and end to end (lighttpd) under valgrind
	@command -v valgrind >/dev/null || { echo 'not installed: valgrind; run: make setup-tools' >&2; exit 1; }
	@rm -rf "$(BUILD)/valgrind" && mkdir -p "$(BUILD)/valgrind/reports"
	@chmod 1777 "$(BUILD)/valgrind/reports"
	@printf '#!/bin/sh\n[ $$# -eq 0 ] || exec "%s" "$$@"\nexec "%s" --log "%s" "%s"\n' \
		"$(CURDIR)/$(PROGRAM)" "$(CURDIR)/tests/valgrind" "$(CURDIR)/$(BUILD)/valgrind/reports" \
		"$(CURDIR)/$(PROGRAM)" >"$(BUILD)/valgrind/casement"
	@chmod +x "$(BUILD)/valgrind/casement"
	@tests/run \
		unit 'tests/valgrind $(UNIT)' \
		'e2e lighttpd' '$(call E2E,$(BUILD)/valgrind/casement,lighttpd)' \
		'no reports' 'tests/reports $(BUILD)/valgrind/reports'

check-mounts: $(PROGRAM) next | can-test ## the same end-to-end tests behind every other web server, and under a prefix
	@missing=; PATH=$$PATH:/usr/sbin; for tool in apache2 nginx spawn-fcgi multiwatch; do \
		command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	test -e /usr/lib/apache2/modules/mod_fcgid.so || missing="$$missing mod_fcgid"; \
	test -z "$$missing" || { echo "not installed:$$missing; run: make setup-mounts" >&2; exit 1; }
	@tests/run \
		configure '$(PYTHON) tests/deploy/configure.py --binary $(PROGRAM)' \
		'every mounting' '$(PYTHON) tests/e2e/mounts.py --binary $(PROGRAM) --next $(NEXT)'

check-install: $(PROGRAM) ## deploy/install in systems of their own, with systemd and without (wants root)
	@rm -rf "$(BUILD)/tree"
	@$(MAKE) $(call PASS,$(BUILD)) -s install DESTDIR="$(BUILD)/tree"
	@tests/install/run "$(BUILD)/tree"

check-clients: $(PROGRAM) next ## drive the server with the official MCP SDKs, OAuth clients and Chromium (wants node and npm)
	@$(PYTHON) tests/clients/run.py --binary $(PROGRAM)

# The yardsticks: no part of the program.
$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,CC,$<)$(CC) $(PKG_CFLAGS) -std=c11 -D_GNU_SOURCE $(WARNINGS) $(CFLAGS) -o $@ $< -lfcgi $(PKG_LIBS)

bench: $(PROGRAM) $(BUILD)/bench/null $(BUILD)/bench/floor ## measure speed and memory beside a null responder, the bare libraries and a peer
	@if ! command -v wrk >/dev/null || { command -v npm >/dev/null && ! test -e tests/bench/peer/node_modules; }; then \
		$(MAKE) --no-print-directory setup-bench; fi
	@$(PYTHON) tests/bench/run.py --binary $(PROGRAM) --tools $(BUILD)/bench

# What the tests of faults need: a program that runs out of memory, libraries that shift the clock and
# let a program run out of memory.
FAULT_OBJECTS := $(patsubst %.c,$(BUILD)/obj/%.o,$(addprefix tests/fault/,memory.c allocation.c state.c))
$(FAULT_OBJECTS): private ALL_CPPFLAGS += -I.
DEPENDENCIES += $(FAULT_OBJECTS:.o=.d)

$(BUILD)/fault/memory: $(FAULT_OBJECTS) $(BUILD)/obj/fcgi/answer.o $(LIBRARY)
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS) $(LDLIBS)

$(BUILD)/fault/%.so: tests/fault/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call quiet,LINK,$@)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -fPIC -shared -o $@ $<

check-fault: $(PROGRAM) $(BUILD)/fault/clock.so $(BUILD)/fault/short.so | can-test ## what may happen to it, on purpose: SECONDS=60 of killing, STEP=1 for every allocation
	@$(MAKE) $(call PASS,build/asan) build/asan/fault/memory
	@ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 $(PYTHON) tests/fault/run.py \
		--binary $(PROGRAM) --tools $(BUILD)/fault --memory build/asan/fault/memory \
		--seconds $(SECONDS) --step $(STEP)

soak: $(PROGRAM) $(BUILD)/fault/clock.so | can-test ## a mixed load for MINUTES=10: is everything flat?  Figures and charts: build/soak
	@$(PYTHON) tests/fault/soak.py --binary $(PROGRAM) --tools $(BUILD)/fault --minutes $(MINUTES) \
		--out $(BUILD)/soak

bench-instructions: $(PROGRAM) ## count instructions a request by callgrind
	@$(PYTHON) tests/bench/instructions.py --binary $(PROGRAM)

fuzz: ## let libFuzzer look for inputs that break something, each target for SECONDS=60
	@command -v clang >/dev/null || { echo 'not installed: clang; run: make setup-fuzz' >&2; exit 1; }
	@$(MAKE) $(call PASS,build/fuzz) CC=clang SECONDS=$(SECONDS) fuzzed

.PHONY: fuzzed
fuzzed: $(FUZZ)
	@tests/fuzz/run $(BUILD) $(SECONDS) $(FUZZ_TARGETS)

check-dist: dist ## use that archive on a rented host: a Debian 11, made by debootstrap (wants root)
	@$(PYTHON) tests/dist/run.py --program "$(PROGRAM)" --archive "$(BUILD)"/dist/*.tar.gz \
		--world "$(BUILD)/debian-11"

check-deb: deb ## install the packages on a Debian made by debootstrap, use and remove them (wants root)
	@$(PYTHON) tests/deb/run.py --packages "$(BUILD)/deb" --world "$(BUILD)/debian"

lint: $(GENERATED) ## clang-tidy and cppcheck over lib and fcgi
	@for tool in clang-tidy cppcheck; do command -v $$tool >/dev/null || \
		{ echo "not installed: $$tool; run: make setup-tools" >&2; exit 1; }; done
	@# One file a process: clang-tidy 14 reports every va_list of a second file as uninitialized.
	printf '%s\n' $(LIB_SOURCES) $(FCGI_SOURCES) | \
		xargs -P 2 -I {} clang-tidy --quiet {} -- $(ALL_CPPFLAGS) -std=c11
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 -D_GNU_SOURCE -Ilib -I$(BUILD)/gen lib fcgi

format: ## rewrite the C files in the style of .clang-format
	@command -v clang-format >/dev/null || { echo 'not installed: clang-format; run: make setup-tools' >&2; exit 1; }
	clang-format -i $(wildcard lib/*.[ch] lib/*/*.[ch] fcgi/*.[ch] tests/unit/*.[ch] tests/unit/*/*.[ch])

coverage: ## print how many lines of lib the tests run
	@$(MAKE) $(call PASS,build/coverage) covered

.PHONY: covered
covered: tests
	@find "$(BUILD)" -name '*.gcda' -delete
	@tests/run \
		unit '$(UNIT)' \
		'e2e lighttpd' '$(call E2E,$(PROGRAM),lighttpd)' \
		'e2e cgi' '$(call E2E,$(PROGRAM),cgi)'
	@tests/coverage "$(BUILD)/obj/lib"

install: $(PROGRAM) ## install into DESTDIR and PREFIX (/usr/local): program, manual, completion, deploy
	install -d "$(PLACE)/bin" "$(PLACE)/lib/casement" "$(PLACE)/share/casement"
	install -m 755 $(PROGRAM) "$(PLACE)/bin/casement"
	ln -sf ../../bin/casement "$(PLACE)/lib/casement/casement.fcgi"
	for page in deploy/man/*; do \
		install -D -m 644 -t "$(PLACE)/share/man/man$${page##*.}" "$$page" || exit 1; done
	install -D -m 644 -t "$(PLACE)/share/bash-completion/completions" deploy/completion/casement
	for file in $(INSTALLED); do \
		install -D "-m$$(test -x "$$file" && echo 755 || echo 644)" "$$file" \
			"$(PLACE)/share/casement/$$file" || exit 1; done

clean: ## remove everything that was built
	rm -rf build

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-18s %s\n", $$1, $$2 }' Makefile

-include $(DEPENDENCIES)
