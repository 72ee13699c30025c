# Thin names for cargo and the scripts.

# The whole pizzeria in one process.
run *args:
    cargo run --release -- {{args}}

build:
    cargo build --release

test:
    scripts/test

lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

bench *args:
    cargo bench --workspace {{args}}
