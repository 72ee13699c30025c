//! Each bound: a typed error, in bounded time, and nothing staged.

use std::time::{Duration, Instant};

use pizza_guest::GuestError;
use pizza_types::{LogLevel, StateWrite};

use crate::fixture::{hostile, limits, turn};

#[tokio::test]
async fn a_trap_says_what_it_was() {
    let guest = hostile(|_| ()).await;
    let error = guest.refusal("trap", "").await;
    assert!(matches!(error, GuestError::Trap(_)), "{error:?}");
    assert!(error.to_string().contains("unreachable"), "{error}");
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_cpu_budget() {
    let guest = hostile(limits(|limits| limits.cpu_ms = 30)).await;
    let started = Instant::now();
    let error = guest.refusal("loop", "").await;
    let took = started.elapsed();
    assert!(
        matches!(error, GuestError::CpuBudget { limit_ms: 30 }),
        "{error:?}"
    );
    assert!(took >= Duration::from_millis(30), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline() {
    let guest = hostile(limits(|limits| limits.cpu_ms = 60_000)).await;
    let mut late = turn("loop", "");
    late.deadline_ms_left = 50;
    let started = Instant::now();
    let error = guest.module.run(late).await.err();
    assert!(matches!(error, Some(GuestError::Deadline)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn endless_recursion_ends_at_the_stack() {
    let guest = hostile(|_| ()).await;
    let error = guest.refusal("recurse", "[0]").await;
    assert!(matches!(error, GuestError::StackOverflow), "{error:?}");
}

#[tokio::test]
async fn endless_allocation_ends_at_the_memory_limit() {
    let limit = 4 << 20;
    let guest = hostile(limits(|limits| limits.memory_bytes = limit)).await;
    let error = guest.refusal("allocate", "").await;
    let GuestError::Memory { limit: named } = error else {
        panic!("{error:?}");
    };
    assert_eq!(named, limit);
    // A guest that can do with less is left alone, and gets all that it may have.
    assert_eq!(guest.reply("make-do", "").await, limit.to_string());
}

#[tokio::test]
async fn a_table_does_not_grow_without_end() {
    let guest = hostile(limits(|limits| limits.table_elements = 5_000)).await;
    let error = guest.refusal("fill-table", "").await;
    assert!(
        matches!(error, GuestError::Table { limit: 5_000 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_reply_has_a_size() {
    let guest = hostile(limits(|limits| limits.memory_bytes = 256 << 20)).await;
    assert_eq!(guest.reply("reply", "[2]").await, r#""\u0000\u0000""#);
    for (method, size) in [
        // More than a reply may have, and a hundred times that.
        ("reply", "[1048577]"),
        ("reply", "[104857600]"),
        // Few bytes in the guest, and a value for each of them in the host.
        ("list", "[5000000]"),
    ] {
        let error = guest.refusal(method, size).await;
        let too_large = matches!(error, GuestError::TransferTooLarge { .. });
        assert!(too_large, "{method} {size}: {error:?}");
    }
}

#[tokio::test]
async fn a_value_is_stopped_before_the_host_holds_it() {
    let guest = hostile(|_| ()).await;
    // Two megabytes in the guest, and a hundred in the host if all of it were taken over.
    let error = guest.refusal("list", "[1000000]").await;
    let GuestError::TransferTooLarge { what, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(
        what, "a value",
        "it was taken over, and found too large as JSON"
    );
}

#[tokio::test]
async fn arguments_have_a_size() {
    let guest = hostile(limits(|limits| limits.transfer_bytes = 1_000)).await;
    let fitting = format!("[{:?}]", "x".repeat(900));
    assert_eq!(guest.reply("length", &fitting).await, "900");
    let long = format!("[{:?}]", "x".repeat(1_100));
    let error = guest.refusal("length", &long).await;
    assert!(
        matches!(error, GuestError::BadArguments { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn effects_are_counted() {
    let guest = hostile(|_| ()).await;
    let outcome = guest.call("effects", "[2048]").await.expect("an outcome");
    assert_eq!(outcome.effects.len(), 2_048);
    for count in ["[2049]", "[10000]"] {
        let error = guest.refusal("effects", count).await;
        let counted = matches!(error, GuestError::TooManyEffects { limit: 2_048 });
        assert!(counted, "{error:?}");
    }
}

#[tokio::test]
async fn entries_have_a_size_and_a_name() {
    let guest = hostile(limits(|limits| limits.state_bytes = 100_000)).await;
    let outcome = guest.call("write-entry", "[90000]").await;
    assert_eq!(outcome.expect("an outcome").entries.len(), 1);
    let error = guest.refusal("write-entry", "[100001]").await;
    let too_large = matches!(error, GuestError::StateTooLarge { found: 100_005, .. });
    assert!(too_large, "{error:?}");
    let error = guest.refusal("long-name", "").await;
    assert!(error.to_string().contains("256 bytes"), "{error}");
}

#[tokio::test]
async fn log_lines_are_counted() {
    let guest = hostile(|_| ()).await;
    let outcome = guest.call("log-lines", "[100]").await.expect("an outcome");
    assert_eq!(outcome.logs.len(), 100);
    let outcome = guest.call("log-lines", "[150]").await.expect("an outcome");
    let last = outcome.logs.last().expect("a line");
    assert_eq!(outcome.logs.len(), 101);
    assert_eq!(last.level, LogLevel::Warn);
    assert_eq!(last.message, "50 further log lines were dropped");
}

#[tokio::test]
async fn a_query_writes_nothing() {
    let guest = hostile(|_| ()).await;
    let error = guest.refusal("write-from-query", "").await;
    assert!(
        matches!(error, GuestError::WriteFromQuery("clear state")),
        "{error:?}"
    );
}

#[tokio::test]
async fn who_declines_has_staged_nothing() {
    let guest = hostile(|_| ()).await;
    let outcome = guest.call("decline", "").await.expect("an outcome");
    assert!(outcome.declined);
    assert_eq!(outcome.state, StateWrite::Keep);
    assert!(outcome.effects.is_empty(), "{outcome:?}");
    let outcome = guest.call("write", "").await.expect("an outcome");
    assert_eq!(outcome.state, StateWrite::Clear);
}

#[tokio::test]
async fn an_unknown_method_names_those_that_exist() {
    let guest = hostile(|_| ()).await;
    let error = guest.refusal("fly", "").await;
    assert!(error.to_string().contains("decline, effects"), "{error}");
}
