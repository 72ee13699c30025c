//! Peers that are no silos, or bad ones.

use std::sync::Arc;
use std::time::Duration;

use pizza_clock::ManualClock;
use pizza_cluster::Network as _;
use pizza_cluster::transport::frame::{Answered, Asked, Hello, Welcome};
use pizza_cluster::transport::{Error, Settings};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::certificates::{Authority, Silo};
use crate::fixture::{Counting, Serving, ask_for, b, hello, read_frame, write_frame};

/// What is no greeting ends its connection and nothing else.
#[tokio::test]
async fn garbage_ends_its_connection_alone() {
    let mut serving = Serving::begin(Counting::new(100), Settings::default(), None).await;
    for bytes in [
        &b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..],
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x00",
        // A hello that is 64 KiB long, and one of 4 GiB.
        b"\x00\x01\x00\x00",
        b"\xff\xff\xff\xff",
    ] {
        let mut peer = serving.raw().await;
        peer.write_all(bytes).await.expect("written");
        let error = serving.how_it_ended().await.expect_err("refused");
        let expected = matches!(
            error,
            Error::NotUnderstood(_) | Error::AnnouncedTooLarge { .. }
        );
        assert!(expected, "{bytes:?}: {error:?}");
    }
    let links = serving.links(Settings::default(), None);
    assert!(links.ask(&b(), ask_for(1)).await.is_ok());
}

/// After the welcome a frame may be long, and no longer than was told.
#[tokio::test]
async fn a_huge_length_after_the_welcome_is_refused() {
    let mut serving = Serving::begin(Counting::new(100), Settings::default(), None).await;
    let mut peer = serving.raw().await;
    write_frame(&mut peer, &hello(1, 2)).await;
    assert!(matches!(read_frame(&mut peer).await, Welcome::Agreed(_)));
    peer.write_u32((32 << 20) + 1).await.expect("written");
    let error = serving.how_it_ended().await.expect_err("refused");
    assert!(
        matches!(error, Error::AnnouncedTooLarge { .. }),
        "{error:?}"
    );
}

/// Half a greeting holds a place for two seconds, plain, within TLS and before it.
#[tokio::test]
async fn who_stalls_while_greeting_is_left() {
    let ca = Authority::new();
    let silo = Silo::new(&ca.sign("127.0.0.1"), &ca);
    for (tls, half) in [
        (None, &b""[..]),
        (None, b"\x00\x00\x00\x20half"),
        (Some(silo.tls()), b"\x16\x03\x01\x00\xf0\x01"),
    ] {
        let clock = Arc::new(ManualClock::at(0));
        let service = Counting::new(100);
        let mut serving = Serving::at(service, Settings::default(), tls, clock.clone()).await;
        let mut peer = serving.raw().await;
        peer.write_all(half).await.expect("written");
        let ended = loop {
            tokio::select! {
                biased;
                ended = serving.ended.recv() => break ended.expect("the listener lives"),
                () = tokio::time::sleep(Duration::from_millis(20)) => clock.advance(Duration::from_millis(500)),
            }
        };
        assert!(matches!(ended, Err(Error::TimedOut { .. })), "{ended:?}");
        assert_eq!(peer.read(&mut [0]).await.ok(), Some(0), "it is closed");
    }
}

/// Half a frame after the welcome, and then nothing: it ends as an idle connection does.
#[tokio::test]
async fn half_a_frame_does_not_stay_for_ever() {
    let clock = Arc::new(ManualClock::at(0));
    let service = Counting::new(100);
    let mut serving = Serving::at(service, Settings::default(), None, clock.clone()).await;
    let mut peer = serving.raw().await;
    write_frame(&mut peer, &hello(1, 2)).await;
    assert!(matches!(read_frame(&mut peer).await, Welcome::Agreed(_)));
    peer.write_all(b"\x00\x10\x00\x00half")
        .await
        .expect("written");
    let ended = loop {
        tokio::select! {
            biased;
            ended = serving.ended.recv() => break ended.expect("the listener lives"),
            () = tokio::time::sleep(Duration::from_millis(20)) => clock.advance(Duration::from_secs(5)),
        }
    };
    assert!(ended.is_ok(), "{ended:?}");
}

/// Random bytes, and good frames in which some bytes are random: each is understood or refused, and nothing
/// panics.
#[test]
fn random_frames_are_refused_or_understood() {
    let mut rng = StdRng::seed_from_u64(52);
    let number = 7;
    let request = ask_for(3);
    let good = [
        rmp_serde::to_vec_named(&hello(1, 2)).expect("encoded"),
        rmp_serde::to_vec_named(&Welcome::Speak(1)).expect("encoded"),
        rmp_serde::to_vec_named(&Asked { number, request }).expect("encoded"),
    ];
    let mut understood = 0;
    for round in 0..200_000_usize {
        let mut bytes = good[round % good.len()].clone();
        if round % 4 == 0 {
            let length = rng.random_range(0..200);
            bytes = (0..length).map(|_| rng.random()).collect();
        }
        for _ in 0..rng.random_range(0..3) {
            if let Some(at) = bytes.len().checked_sub(1) {
                bytes[rng.random_range(0..=at)] = rng.random();
            }
        }
        bytes.truncate(bytes.len() - rng.random_range(0..=bytes.len() / 8));
        let hello = rmp_serde::from_slice::<Hello>(&bytes).is_ok();
        let welcome = rmp_serde::from_slice::<Welcome>(&bytes).is_ok();
        let asked = rmp_serde::from_slice::<Asked>(&bytes).is_ok();
        let answered = rmp_serde::from_slice::<Answered>(&bytes).is_ok();
        understood += usize::from(hello || welcome || asked || answered);
    }
    // Bytes that were not touched, and values in them that may be anything.
    assert!((1_000..180_000).contains(&understood), "{understood}");
}

/// A whole connection of random bytes behind a good greeting.
#[tokio::test]
async fn random_connections_end_and_do_no_harm() {
    let mut rng = StdRng::seed_from_u64(53);
    let mut serving = Serving::begin(Counting::new(1_000), Settings::default(), None).await;
    for _ in 0..200 {
        let mut peer = serving.raw().await;
        write_frame(&mut peer, &hello(1, 2)).await;
        assert!(matches!(read_frame(&mut peer).await, Welcome::Agreed(_)));
        for _ in 0..rng.random_range(1..5) {
            let length = rng.random_range(1..300_u32);
            let bytes: Vec<u8> = (0..length).map(|_| rng.random()).collect();
            // It may have ended by the first.
            let _ = peer.write_u32(length).await;
            let _ = peer.write_all(&bytes).await;
        }
        let _ = peer.shutdown().await;
        let error = serving
            .how_it_ended()
            .await
            .expect_err("no frame of it is one");
        assert!(matches!(error, Error::NotUnderstood(_)), "{error:?}");
    }
    let links = serving.links(Settings::default(), None);
    assert!(links.ask(&b(), ask_for(1)).await.is_ok());
}
