//! Connections that are cut while a commit is under way, before the server has it or after it was
//! done. `CUTS=1000` for many.

use std::sync::Arc;

use pizza_store::{ActorStore as _, CommitError, InspectionStore as _, Store};

use crate::cluster::{try_tell, until};
use crate::fixture::{Settled, actor, alone, check, commit, connected, settle};
use crate::process::Process;
use crate::proxy::{Cut, Proxy};

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_there_once() {
    let _alone = alone().await;
    let cuts: u64 = std::env::var("CUTS").map_or(60, |cuts| cuts.parse().expect("a number"));
    let server = Process::start(&["--appendonly", "no"]);
    until("it answers", || async {
        try_tell::<String>(&server, &["PING"]).await.is_ok()
    })
    .await;
    let proxy = Proxy::start(server.address()).await;
    let store = connected(&format!("redis://127.0.0.1:{}", proxy.port)).await;
    let id = actor("cut");
    let (mut version, mut was_there, mut unknown) = (0, 0, 0);
    while proxy.cuts() < cuts {
        let commit = commit(&id, version);
        let is_cut = version % 2 == 0;
        if is_cut {
            let question = version % 6 == 0;
            proxy.cut(if question { Cut::Question } else { Cut::Answer });
        }
        let outcome = store.commit(Arc::clone(&commit)).await.map(drop);
        if is_cut {
            let in_doubt = matches!(outcome, Err(CommitError::Unknown { .. }));
            assert!(in_doubt, "version {version}: {outcome:?}");
            let record = store.record(&id).await.expect("readable");
            was_there += u64::from(record.is_some_and(|record| record.version > version));
        }
        match settle(&*store as &dyn Store, &commit, outcome).await {
            Settled::Done => {}
            Settled::NotTaken(detail) => panic!("version {version}: {detail}"),
            Settled::Unknown(_) => unknown += 1,
        }
        version += 1;
    }
    println!("{cuts} cuts, {was_there} after the commit was done, {unknown} unknown in the end");
    assert_eq!(check(&*store as &dyn Store, &id).await, version);
    assert!(was_there * 2 > cuts, "both kinds of cuts");
    assert!(unknown * 100 < cuts, "{unknown} unknown of {cuts}");
}
