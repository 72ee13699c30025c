//! What is in flight is bounded, and who is slow costs the others nothing.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use pizza_clock::ManualClock;
use pizza_cluster::transport::frame::{Asked, Welcome};
use pizza_cluster::transport::{Error, Limits, Links, Settings};
use pizza_cluster::{LinkError, Network as _, Response};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::fixture::{
    Counting, Serving, ask_for, b, hello, links, long_request, read_frame, write_frame,
};

const MIB: usize = 1 << 20;

fn within(frame_bytes_max: usize, in_flight_bytes_max: usize) -> Settings {
    let limits = Limits {
        frame_bytes_max,
        in_flight_bytes_max,
    };
    Settings {
        limits,
        ..Settings::default()
    }
}

fn ask_many(links: &Arc<Links>, number: usize, bytes: usize) -> Vec<tokio::task::JoinHandle<bool>> {
    let ask = |_| {
        let links = Arc::clone(links);
        tokio::spawn(async move { links.ask(&b(), long_request(bytes)).await.is_ok() })
    };
    (0..number).map(ask).collect()
}

/// A frame that is too large is its own caller's trouble, by the other side's limit.
#[tokio::test]
async fn a_frame_that_is_too_large_is_refused_alone() {
    let serving = Serving::begin(Counting::new(0), within(MIB, 4 * MIB), None).await;
    let links = serving.links(Settings::default(), None);
    let under_way = ask_many(&links, 3, 1_000);
    serving.asked_at_least(3).await;
    let refused = links.ask(&b(), long_request(MIB)).await;
    let told = matches!(
        refused,
        Err(LinkError::RequestTooLarge { bytes, bytes_max: MIB, .. }) if bytes > MIB
    );
    assert!(told, "{refused:?}");
    serving.service.may_answer.add_permits(10);
    for asked in under_way {
        assert!(asked.await.expect("no panic"), "the others go on");
    }
    let refused = links.ask(&b(), ask_for(2 * MIB as u64)).await;
    let told = matches!(refused, Err(LinkError::ResponseTooLarge { .. }));
    assert!(told, "{refused:?}");
    assert!(links.ask(&b(), ask_for(MIB as u64 / 2)).await.is_ok());
}

/// So many bytes as the other side takes, and the rest when it has answered. Pings get through.
#[tokio::test]
async fn no_more_is_under_way_than_the_other_side_takes() {
    let serving = Serving::begin(Counting::new(0), within(MIB, MIB), None).await;
    let links = serving.links(Settings::default(), None);
    let asked = ask_many(&links, 20, MIB / 4 - 1_000);
    serving.asked_at_least(4).await;
    // Longer than a silo that says nothing would be waited for: pings are answered meanwhile.
    let round = tokio::time::timeout(Duration::from_millis(1_500), serving.asked_at_least(5));
    assert!(round.await.is_err(), "a fifth has no room");
    serving.service.may_answer.add_permits(20);
    for asked in asked {
        assert!(asked.await.expect("no panic"));
    }
    assert_eq!(serving.service.asked(), 20);
}

/// Even when every frame is larger than what fits besides another one, all get there.
#[tokio::test]
async fn frames_as_large_as_all_that_may_be_in_flight_follow_each_other() {
    let serving = Serving::begin(Counting::new(100), within(MIB, MIB), None).await;
    let links = serving.links(Settings::default(), None);
    for asked in ask_many(&links, 8, MIB - 1_000) {
        assert!(asked.await.expect("no panic"));
    }
}

/// Whoever asks and does not read is asked to no more work, and is then done with.
#[tokio::test]
async fn who_does_not_read_its_answers_is_stopped_and_then_left() {
    let clock = Arc::new(ManualClock::at(0));
    let service = Counting::new(1_000_000);
    let settings = within(MIB, 4 * MIB);
    let mut serving = Serving::at(service, settings, None, clock.clone()).await;
    let mut peer = serving.raw().await;
    write_frame(&mut peer, &hello(2, 2)).await;
    assert!(matches!(read_frame(&mut peer).await, Welcome::Agreed(_)));
    let (_keep, mut write) = peer.into_split();
    let asking = tokio::spawn(async move {
        for number in 0.. {
            let request = ask_for(MIB as u64 / 2);
            let bytes = rmp_serde::to_vec_named(&Asked { number, request }).expect("encoded");
            let length = u32::try_from(bytes.len()).expect("short");
            if write.write_u32(length).await.is_err() || write.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    // 10 s of which nothing is taken, however the steps fall.
    let ended = loop {
        tokio::select! {
            biased;
            ended = serving.ended.recv() => break ended.expect("the listener lives"),
            () = tokio::time::sleep(Duration::from_millis(20)) => clock.advance(Duration::from_secs(1)),
        }
    };
    let stalled = matches!(ended, Err(Error::Stalled { .. }));
    assert!(stalled, "{ended:?}");
    // Requests count 16 KiB: those of 4 MiB with pings' room, those whose answers had room and those
    // that sockets hold.
    let asked = serving.service.asked.load(Ordering::Relaxed);
    assert!(asked < 500, "{asked} were worked on");
    let _ = asking.await;
}

/// A connection on which nobody asks anything is closed, and opened again when somebody does.
#[tokio::test]
async fn an_idle_connection_is_closed_and_nobody_sees_it() {
    let clock = Arc::new(ManualClock::at(0));
    let service = Counting::new(100);
    let mut serving = Serving::at(service, Settings::default(), None, clock.clone()).await;
    let links = serving.links(Settings::default(), None);
    assert!(links.ask(&b(), ask_for(1)).await.is_ok());
    let ended = loop {
        tokio::select! {
            biased;
            ended = serving.ended.recv() => break ended.expect("the listener lives"),
            () = tokio::time::sleep(Duration::from_millis(20)) => clock.advance(Duration::from_secs(5)),
        }
    };
    assert!(ended.is_ok(), "{ended:?}");
    // The end is read by then, or the request meets it and is one that may be sent again.
    let again = loop {
        match links.ask(&b(), ask_for(1)).await {
            Err(LinkError::Lost { .. } | LinkError::NotSent { .. }) => {}
            answered => break answered,
        }
    };
    assert!(matches!(again, Ok(Response::Reply(_))), "{again:?}");
}

/// A peer that welcomes and then reads nothing: its callers hear soon that there is no answer, those who
/// wait for room too.
#[tokio::test]
async fn callers_of_who_does_not_read_are_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let address = listener.local_addr().expect("an address");
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _: pizza_cluster::transport::frame::Hello = read_frame(&mut stream).await;
        write_frame(&mut stream, &Welcome::Speak(1)).await;
        stream
    });
    let links = links(address, within(MIB, 2 * MIB), None);
    let asked = ask_many(&links, 40, MIB / 2);
    let stream = peer.await.expect("no panic");
    for asked in asked {
        assert!(!asked.await.expect("no panic"), "nobody has answered");
    }
    drop(stream);
}
