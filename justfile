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

# Load on a running pizzeria: `just load orders`, `just load list`.
load *args:
    cargo run --release -- bench {{args}}

# A scene on a running pizzeria: `just demo happy-path`, `just demo stress`.
demo *args:
    cargo run --release -- demo {{args}}

# What the tests do a twentieth of: 200 days by chance of 2,000 steps each, and 80 times 500
# requests in progress when the process is asked to stop. A thousand restarts and kills of a phone,
# and floods of the broker at their full counts. Each byte of a log changed in three ways, 2,000 damages by
# chance of a large one (another LOG_DAMAGE_SEED has others), 200 kills of a store and of a pizzeria, and 50
# losses of power. At the end a year with what silos usually keep.
soak:
    DAY_SEEDS=200 DAY_STEPS=2000 cargo test --release --test black_box by_chance -- --nocapture
    SIGTERM_ROUNDS=80 cargo test --release --test black_box graceful_shutdown
    TAKEOVERS=1000 cargo test --release --workspace --test protocol takeover
    FLOODS=100 cargo test --release --workspace --test memory -- --nocapture
    LOG_BYTES=100 cargo test --release --workspace --lib no_byte
    LOG_DAMAGES=2000 cargo test --release --workspace --lib damage_by_chance -- --nocapture
    STORE_KILLS=200 POWER_LOSSES=50 cargo test --release --workspace --test embedded -- kill power_loss
    POWER_LOSSES=50 cargo test --release --workspace --lib power
    KILLS_UNDER_LOAD=200 cargo test --release --test black_box kill_under_load
    CUTS=1000 cargo test --release -p pizza-store-redis --test cluster -- --nocapture
    DURABILITY_KILLS=5 cargo test --release -p pizza-store-redis --test cluster durability -- --nocapture
    cargo test --release -p pizza-store-redis --features planted --test cluster planted
    SILO_KILLS=100 cargo test --release --test black_box killed_silo -- --nocapture
    ROLLING_REQUESTS=100000 cargo test --release --test black_box started_anew -- --nocapture
    SILOS=100 cargo test --release --test black_box a_hundred_silos -- --nocapture
    CHAOS_RUNS=20 CHAOS_SECONDS=60 cargo test --release --test black_box every_actor_is_one -- --nocapture
    VERSION_REQUESTS=60000 cargo test --release --test black_box newer_program_and_back -- --nocapture
    SWAPS=50 cargo test --release --test black_box on_all_silos_or_on_none -- --nocapture
    RELAY_EVENTS=100000 cargo test --release --test black_box guardians_are_killed -- --nocapture
    SILO_STOPS=20 cargo test --release --test black_box wakes_after_its_lease -- --nocapture
    FOREIGN_REMINDERS=1000 cargo test --release --test black_box another_silo_fires -- --nocapture
    SCREEN_ORDERS=1000 cargo test --release --test black_box a_screen -- --nocapture
    BUSY_SECONDS=600 cargo test --release --test black_box on_a_busy_machine -- --nocapture
    JOURNEY_ORDERS=2000 scripts/journeys crowd.spec.ts
    just sim
    just year

# Simulations of a whole cluster, each from a seed in which other things go wrong. One that is
# found wanting is told again by `SEED=N cargo test --workspace --test sim -- --nocapture whatever`.
sim seeds="20000":
    SEEDS={{seeds}} cargo test --workspace --test sim -- --nocapture whatever

# A year of a pizzeria in simulated time, so many orders a day: how large everything is, month by month.
year orders="20":
    YEAR_DAYS=365 YEAR_ORDERS={{orders}} cargo test --release --test year every_other -- --nocapture

# Hours of chaos with a fault a minute: how many calls are answered within their deadline, as clients see it.
chaos hours="8":
    CHAOS_RUNS=$(({{hours}} * 60)) CHAOS_SECONDS=60 CHAOS_REST_MS=55000 CHAOS_AVAILABILITY=99.9 cargo test --release --test black_box whatever_is_killed -- --nocapture

# Packets by chance for the MQTT broker, for hours: half for its decoder, half for a whole broker.
# Another seed goes where none was before: `just fuzz-mqtt 8 1000000000`.
fuzz-mqtt hours="4" seed="0":
    MQTT_FUZZ_SECONDS=$(({{hours}} * 3600)) MQTT_FUZZ_SEED={{seed}} cargo test --release -p pizza-broker fuzz -- --nocapture
