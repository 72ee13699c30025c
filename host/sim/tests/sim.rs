//! Many seeds, and the mistakes that they must find.
//!
//! `SEEDS` says how many; `SEED` runs one, tells everything that happened, and says what is wrong.

#![expect(clippy::print_stdout, reason = "a seed that is not told is of no use")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use pizza_sim::plan::{Fault, Plan};
use pizza_sim::trace::Trace;
use pizza_sim::{Planted, Report, run};

// As in the binary: a cluster in one thread makes and drops little things all the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many seeds without `SEEDS`.
const SEEDS: u64 = 200;
/// A planted mistake has to be found in these, and in no more of those in which it may show than are run
/// without one.
const PLANTED_SEEDS: u64 = 1_000;

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{name}={text:?} is no number")))
}

/// Runs seeds on all cores, and returns what came of each.
fn reports(seeds: u64) -> Vec<Report> {
    let next = AtomicU64::new(1);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let work = || {
        let mut reports = Vec::new();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > seeds {
                return reports;
            }
            reports.push(run(seed, Planted::Nothing, &Trace::default()));
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let reports = workers.into_iter().map(|w| w.join().expect("a worker"));
        reports.flatten().collect()
    })
}

#[test]
fn whatever_goes_wrong_what_must_hold_holds() {
    if let Some(seed) = number("SEED") {
        let trace = Trace::telling();
        let report = run(seed, Planted::Nothing, &trace);
        for line in trace.told() {
            println!("{line}");
        }
        assert!(report.wrong.is_empty(), "{report:#?}");
        return;
    }
    let begun = Instant::now();
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let reports = reports(seeds);
    let sum = |of: fn(&Report) -> u64| reports.iter().map(of).sum::<u64>();
    let asked = sum(|r| r.asked as u64);
    let answered = sum(|r| r.answered as u64);
    let (faults, expelled) = (sum(|r| r.faults as u64), sum(|r| u64::from(r.expelled)));
    println!(
        "{seeds} seeds in {:?}: {answered} of {asked} calls answered, {faults} faults, {expelled} silos taken for dead while they lived, {} s simulated",
        begun.elapsed(),
        sum(|r| r.took_ms) / 1_000,
    );
    let wrong: Vec<&Report> = reports.iter().filter(|r| !r.wrong.is_empty()).collect();
    for report in wrong.iter().take(5) {
        println!(
            "SEED={}: {:#?}",
            report.seed,
            &report.wrong[..report.wrong.len().min(8)]
        );
    }
    assert!(
        wrong.is_empty(),
        "{} of {seeds} seeds found something",
        wrong.len()
    );
    let went_back = reports.iter().filter(|r| r.went_back).count();
    println!("in {went_back} of them the store lost something that was told");
    assert!(went_back as u64 * 40 >= seeds, "too few stores went back");
    // The floor: a simulation in which nothing happens finds nothing.
    assert!(asked >= seeds * 200, "too little was asked");
    assert!(answered * 10 >= asked * 7, "too little was answered");
    assert!(
        faults >= seeds * 2 && expelled * 10 >= seeds,
        "too little went wrong"
    );
}

#[test]
fn the_same_seed_is_the_same_simulation() {
    for seed in 1..=12 {
        let (one, other) = (Trace::telling(), Trace::telling());
        let first = run(seed, Planted::Nothing, &one);
        let second = run(seed, Planted::Nothing, &other);
        let (one, other) = (one.told(), other.told());
        if let Some(at) = (0..one.len().min(other.len())).find(|at| one[*at] != other[*at]) {
            let before = at.saturating_sub(12);
            let (one, other) = (&one[before..=at], &other[before..=at]);
            panic!(
                "seed {seed} differs:\n{}\n--\n{}",
                one.join("\n"),
                other.join("\n")
            );
        }
        assert_eq!(first.trace, second.trace, "seed {seed}");
    }
    let traces = (1..=2).map(|seed| run(seed, Planted::Nothing, &Trace::default()).trace);
    let traces: Vec<_> = traces.collect();
    assert_ne!(traces[0], traces[1], "another seed is another simulation");
}

/// Whether anything happens in it in which the mistake may show.
fn may_show(planted: Planted, plan: &Plan) -> bool {
    match planted {
        Planted::NoLease => plan.has(|fault| matches!(fault, Fault::NoStore(_))),
        Planted::RollbackUnnoticed => plan.has(|fault| *fault == Fault::GoBack),
        _ => true,
    }
}

#[test]
fn planted_mistakes_are_found() {
    let mut missed = Vec::new();
    for planted in Planted::ALL {
        let seeds = (1..=PLANTED_SEEDS).filter(|seed| may_show(planted, &Plan::of(*seed)));
        let found = seeds.take(SEEDS as usize).find_map(|seed| {
            let report = run(seed, planted, &Trace::default());
            report.wrong.first().map(|wrong| (seed, wrong.clone()))
        });
        match found {
            Some((seed, wrong)) => println!("{planted:?}: found by seed {seed}: {wrong}"),
            None => missed.push(planted),
        }
    }
    assert!(
        missed.is_empty(),
        "not found in {PLANTED_SEEDS} seeds: {missed:?}"
    );
}
