//! A year of a pizzeria that sells the same number of pizzas each day, in simulated time: neither
//! its rows nor its disk nor its memory grow once everything that is kept for a time has been
//! kept for that long.
//!
//! A program of its own, since it looks at the memory of the process. The real actors on the real
//! runtime and the embedded store; time stands still until the day moves on. `just year` lives
//! through a year with what silos usually keep; otherwise less is kept, and less time goes by:
//! `YEAR_DAYS`, and `YEAR_ORDERS` a day.

#[path = "../../actors/bundled.rs"]
#[allow(dead_code, unreachable_pub, reason = "the build script uses it too")]
mod bundled;
#[path = "../../actors/compile.rs"]
#[allow(dead_code, unreachable_pub, reason = "the build script uses it too")]
mod compile;
mod growth;
mod pizzeria;
mod plan;

use pizzeria::{Pizzeria, Size};
use plan::Plan;

#[tokio::test]
async fn a_year_like_every_other() {
    let plan = Plan::new();
    let (days, orders, steady) = (plan.days, plan.orders, plan.steady);
    let (pizzeria, sizes) = live(plan).await;
    if let Err(grown) = growth::flat(&sizes, steady) {
        panic!("{grown}");
    }
    let all = orders * usize::try_from(days).expect("days");
    assert_eq!(pizzeria.delivered + pizzeria.cancelled, all);
    assert!(pizzeria.cancelled >= all / 11, "{}", pizzeria.cancelled);
    let last = sizes.last().expect("a month");
    assert!(last.retired > all / 2, "{} of {all}", last.retired);
    assert_eq!(pizzeria.dead_letters().await, 0);
}

/// Orders that stay for ever are found out.
#[tokio::test]
async fn orders_that_are_never_retired_are_found_out() {
    let mut plan = Plan::new();
    plan.retire_after_ms = None;
    let steady = plan.steady;
    let (_, sizes) = live(plan).await;
    let grown = growth::flat(&sizes, steady).expect_err("growth that nobody finds");
    assert!(grown.contains("actors"), "{grown}");
}

/// Lives through the days, and says at the end of each month how large everything is.
#[allow(
    clippy::print_stdout,
    reason = "the table is what somebody asks for who runs a year"
)]
async fn live(plan: Plan) -> (Pizzeria, Vec<Size>) {
    let mut pizzeria = Pizzeria::open(plan.retire_after_ms, plan.settings).await;
    let mut sizes = Vec::new();
    println!("| day | orders | retired | rows | disk, KiB | actors in memory | memory, KiB |");
    for day in 1..=plan.days {
        pizzeria.day(plan.orders).await;
        if day % plan.month == 0 {
            let size = pizzeria.size().await;
            println!(
                "| {day} | {} | {} | {} | {} | {} | {} |",
                pizzeria.delivered + pizzeria.cancelled,
                size.retired,
                size.all_rows(),
                size.disk_kib,
                size.actors,
                size.memory_kib,
            );
            println!("{:?}", size.rows);
            sizes.push(size);
        }
    }
    (pizzeria, sizes)
}
