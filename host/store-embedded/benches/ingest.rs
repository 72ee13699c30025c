//! What the checkpoint does with its rows, ingestion by sorted files, against the same sorted rows
//! in plain batches: rows a second until they are durable, and the CPU of each row until it lies in
//! the database's tables and nothing is left to compact.
//!
//! Rows of 320 bytes under keys that lie everywhere between those that are there, as checkpoints
//! have them. Batches get one fsync for all rows of a round, as ingestion has one for each file.
//!
//! `cargo bench -p pizza-store-embedded --bench ingest`

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use rustix::time::{ClockId, clock_gettime};

/// About what a checkpoint has of one table: a layer has some 32 MiB of several.
const ROWS: u64 = 20_000;
const ROW_BYTES: usize = 320;
/// As many as a group of commits has.
const BATCH_ROWS: usize = 512;
/// A layer's worth in the memory of the database, so that it goes to tables as rarely.
const MEMTABLE_BYTES: u64 = 32 << 20;
/// Nothing is left to do when there was nothing for so long.
const QUIET: Duration = Duration::from_millis(20);

type Row = ([u8; 16], Vec<u8>);

struct Tables {
    db: Database,
    rows: Keyspace,
}

/// The rows of a round, in order; those of another round lie between them.
fn rows(round: u64) -> Vec<Row> {
    let row = |number: u64| {
        let mut key = [0; 16];
        key[..8].copy_from_slice(&(number * (u64::MAX / ROWS)).to_be_bytes());
        key[8..].copy_from_slice(&round.to_be_bytes());
        (key, vec![round as u8; ROW_BYTES])
    };
    (0..ROWS).map(row).collect()
}

fn ingestion(tables: &Tables, rows: Vec<Row>) -> fjall::Result<()> {
    let mut ingestion = tables.rows.start_ingestion()?;
    for (key, value) in rows {
        ingestion.write(key, value)?;
    }
    ingestion.finish()
}

fn batches(tables: &Tables, rows: Vec<Row>) -> fjall::Result<()> {
    for part in rows.chunks(BATCH_ROWS) {
        let mut batch = tables.db.batch();
        for (key, value) in part {
            batch.insert(&tables.rows, key, value.as_slice());
        }
        batch.commit()?;
    }
    tables.db.persist(PersistMode::SyncAll)
}

impl Tables {
    fn open(dir: &Path) -> Self {
        let db = Database::builder(dir)
            .cache_size(16 << 20)
            .open()
            .expect("opened");
        let create = || KeyspaceCreateOptions::default().max_memtable_size(MEMTABLE_BYTES);
        let rows = db.keyspace("rows", create).expect("made");
        Self { db, rows }
    }

    /// Everything is in tables, and they are merged.
    fn settle(&self) {
        self.rows.rotate_memtable_and_wait().expect("flushed");
        let mut quiet = Instant::now();
        while quiet.elapsed() < QUIET {
            thread::sleep(Duration::from_millis(2));
            if self.db.active_compactions() > 0 || self.db.outstanding_flushes() > 0 {
                quiet = Instant::now();
            }
        }
    }
}

fn cpu(of: ClockId) -> Duration {
    let spent = clock_gettime(of);
    Duration::new(spent.tv_sec as u64, spent.tv_nsec as u32)
}

#[allow(clippy::print_stderr, reason = "it is how a measurement is told")]
fn bench(criterion: &mut Criterion) {
    type Write = fn(&Tables, Vec<Row>) -> fjall::Result<()>;
    let ways: [(&str, Write); 2] = [("ingestion", ingestion), ("batches", batches)];
    let mut group = criterion.benchmark_group("sorted rows");
    group.throughput(Throughput::Elements(ROWS));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for (name, write) in ways {
        let dir = tempfile::tempdir().expect("a directory");
        let tables = Tables::open(dir.path());
        let (mut round, mut making) = (0, Duration::ZERO);
        let before = cpu(ClockId::ProcessCPUTime);
        group.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let mut took = Duration::ZERO;
                for _ in 0..count {
                    let begun = cpu(ClockId::ThreadCPUTime);
                    let rows = rows(round);
                    making += cpu(ClockId::ThreadCPUTime) - begun;
                    round += 1;
                    let begun = Instant::now();
                    write(&tables, rows).expect("written");
                    took += begun.elapsed();
                    // The next round finds nothing that is still at work, nor a queue: the
                    // database's threads wait for each other for ever when theirs is full.
                    tables.settle();
                }
                took
            });
        });
        let spent = cpu(ClockId::ProcessCPUTime) - before - making;
        let each = spent.as_secs_f64() * 1e6 / (round * ROWS).max(1) as f64;
        eprintln!(
            "{name}: {each:.2} us of CPU for each of {} rows",
            round * ROWS
        );
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
