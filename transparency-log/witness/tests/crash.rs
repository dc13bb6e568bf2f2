//! One history a log, whatever arrives at once and whenever the process dies.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use pinfold_core::merkle::Hash;
use support::{Answer, History, Log, Room, copy, post, time_of};

/// Two heads of one size that contradict each other, at once, many times: one of them is cosigned.
#[test]
fn of_two_heads_at_once_one_is_cosigned() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let witness = room.serve(&log);
    let mut history = History::of(1);
    witness.cosigned(&log.request(0, &history));
    for round in 0..25 {
        let size = history.0.len() as u64;
        let rivals: Vec<History> = (0..4).map(|rival| history.and(format!("{round} of {rival}"))).collect();
        let asked: Vec<_> = rivals
            .iter()
            .map(|rival| {
                let (body, address) = (log.request(size, rival).to_bytes(), witness.address.clone());
                thread::spawn(move || post(&address, &body).unwrap())
            })
            .collect();
        let answers: Vec<Answer> = asked.into_iter().map(|asked| asked.join().unwrap()).collect();
        let won: Vec<usize> = (0..4).filter(|at| answers[*at].status == 200).collect();
        let [won] = won[..] else { panic!("{answers:?}") };
        for (at, answer) in answers.iter().enumerate().filter(|(at, _)| *at != won) {
            assert_eq!(
                (answer.status, answer.body.as_slice()),
                (409, format!("{}\n", size + 1).as_bytes()),
                "{at}"
            );
        }
        history = rivals[won].clone();
    }
}

/// How often the witness is killed.
const LIVES: usize = 12;

/// A cosigned head as a client of the log received it.
struct Received {
    history: History,
    root: Hash,
}

/// Two histories are offered without pause, the witness is killed at any moment and started again: all cosignatures that
/// ever left it, of all its lives, are of one history.
#[test]
fn killed_at_any_moment_it_never_cosigns_two_histories() {
    let (room, log) = (Room::new(), Arc::new(Log::new("log.example")));
    let (send, received) = channel();
    let count = Arc::new(AtomicUsize::new(0));
    let mut moment = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..LIVES {
        let witness = room.serve(&log);
        let stop = Arc::new(AtomicBool::new(false));
        let rivals: Vec<_> = ["left", "right"]
            .map(|side| {
                let (log, address, stop) = (log.clone(), witness.address.clone(), stop.clone());
                let (send, count) = (send.clone(), count.clone());
                let key = witness.key.clone();
                thread::spawn(move || {
                    rival(side, &log, &address, &key, &stop, &|one| {
                        count.fetch_add(1, Ordering::Relaxed);
                        send.send(one).unwrap();
                    })
                })
            })
            .into();
        // Not random, and not the same twice: a test that fails fails again.
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let (before, began) = (count.load(Ordering::Relaxed), Instant::now());
        while count.load(Ordering::Relaxed) == before && began.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis((moment >> 33) % 150));
        witness.kill();
        stop.store(true, Ordering::Relaxed);
        rivals.into_iter().for_each(|rival| rival.join().unwrap());
    }
    let last = room.serve(&log).head(&log);
    drop(send);
    let mut all: Vec<Received> = received.iter().collect();
    assert!(all.len() >= LIVES, "only {} cosignatures", all.len());
    all.sort_by_key(|received| received.history.0.len());
    for pair in all.windows(2) {
        let (shorter, longer) = (&pair[0].history.0, &pair[1].history.0);
        assert_eq!(shorter[..], longer[..shorter.len()], "two histories were cosigned");
    }
    let longest = all.pop().unwrap();
    let kept = last.unwrap();
    assert!(kept.checkpoint().size() >= longest.history.0.len() as u64, "a cosigned head was forgotten");
    if kept.checkpoint().size() == longest.history.0.len() as u64 {
        assert_eq!(*kept.checkpoint().root(), longest.root);
    }
    println!("{} cosignatures of one history of {} leaves", all.len() + 1, longest.history.0.len());
}

/// Offers its own history from the first leaf on, whatever the witness says.
fn rival(
    side: &str,
    log: &Log,
    address: &str,
    key: &pinfold_core::note::VerifierKey,
    stop: &AtomicBool,
    receive: &dyn Fn(Received),
) {
    let own = |size: u64| History((0..size).map(|at| format!("{side} {at}")).collect());
    let mut old_size = 0;
    while !stop.load(Ordering::Relaxed) {
        let history = own(old_size + 1);
        let request = log.request(old_size, &history);
        let Ok(answer) = post(address, &request.to_bytes()) else { return };
        match answer.status {
            200 => {
                time_of(&request, &answer, key);
                old_size += 1;
                let root = *request.checkpoint.checkpoint().root();
                receive(Received { history, root });
            }
            409 => old_size = String::from_utf8(answer.body).unwrap().trim().parse().unwrap(),
            // The witness saw the other history.
            422 => thread::sleep(Duration::from_millis(1)),
            _ => panic!("{answer:?}"),
        }
    }
}

/// An old copy of the folder does not start, because the record outside of it counts more. Where the record is lost, too,
/// that has to be said; and where somebody says so although it is not true, the log sees the smaller size.
#[test]
fn an_old_database_does_not_cosign() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let witness = room.serve(&log);
    witness.cosigned(&log.request(0, &History::of(3)));
    witness.stop();
    copy(&room.folder(), &room.beside("backup"));
    let witness = room.serve(&log);
    witness.cosigned(&log.request(3, &History::of(8)));
    witness.stop();
    std::fs::remove_dir_all(room.folder()).unwrap();
    copy(&room.beside("backup"), &room.folder());

    let (status, said) = room.fails(&log, &[]);
    assert_eq!(status, Some(3));
    assert!(said.starts_with("error: the database is an old one: it changed 1 times"), "{said}");
    assert!(said.contains("\nhint: "), "{said}");
    let (status, said) = room.fails(&log, &["--new-record"]);
    assert_eq!((status, said.contains("there is a last-signed record already")), (Some(3), true), "{said}");
    std::fs::remove_file(room.record()).unwrap();
    let (status, said) = room.fails(&log, &[]);
    assert_eq!((status, said.contains("--new-record")), (Some(3), true), "{said}");

    let mut command = room.command(&log);
    command.arg("--new-record");
    let witness = room.serve_with(command);
    let answer = witness.post(&log.request(8, &History::of(9)).to_bytes());
    assert_eq!((answer.status, answer.body.as_slice()), (409, &b"3\n"[..]));
}

/// Connections that send nothing, or a byte now and then, do not keep others out.
#[test]
fn slow_clients_do_not_keep_others_out() {
    let (room, log) = (Room::new(), Log::new("log.example"));
    let witness = room.serve(&log);
    let idle: Vec<_> = (0..100).map(|_| std::net::TcpStream::connect(&witness.address).unwrap()).collect();
    let began = Instant::now();
    witness.cosigned(&log.request(0, &History::of(2)));
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(idle);
}
