# Every chore is one command; `make` alone lists them.

export CARGO_TERM_COLOR ?= auto
KAFKA_PORT ?= 9092

.PHONY: help run build web test check docs kafka kafka-stop load fmt install install-test clean

help: ## lists the commands
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 14

run: build ## builds, runs everything in one process and says where the web page is (ARGS="--edges 2 --port 8080")
	@exec target/release/threadline dev $(ARGS)

build: install web ## builds the binary and the web page for use
	cargo build --release --locked

web: ## builds the web page, where Node.js is
	@scripts/web.sh

test: install-test ## checks and tests everything: on real Postgres and Apache Kafka, in a real browser
	scripts/test.sh

check: ## formatting, lints, documentation, dependency rules, scripts, the layout of crates and files
	cargo fmt --all --check
	scripts/biome.sh check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --document-private-items --locked --quiet
	scripts/cargo-deny.sh
	scripts/shellcheck.sh
	cargo test --locked --quiet --workspace --test all -- arrows:: cycles:: docs::

kafka: build ## obtains Apache Kafka, starts one node, creates the topics
	THREADLINE_KAFKA_PORT=$(KAFKA_PORT) scripts/kafka.sh start
	KAFKA_BROKERS=127.0.0.1:$(KAFKA_PORT) target/release/threadline topics create
	@echo "now: KAFKA_BROKERS=127.0.0.1:$(KAFKA_PORT) make run"

kafka-stop: ## stops that node
	THREADLINE_KAFKA_PORT=$(KAFKA_PORT) scripts/kafka.sh stop

load: build ## measures a system of its own on Postgres, or on Kafka with KAFKA_BROKERS
	scripts/load.sh

docs: ## makes the pages of docs/ that follow from the program: settings and metrics
	UPDATE_DOCS=1 cargo test --locked --quiet --workspace --test docs

fmt: ## formats the code
	cargo fmt --all
	scripts/biome.sh fmt

install: ## installs what the machine lacks
	@scripts/install.sh

install-test: ## installs what tests need besides
	@scripts/install.sh test

clean: ## removes what was built; keeps the data in .threadline
	cargo clean
