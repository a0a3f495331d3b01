//! A test that hangs ends the run and says which one it was, also where it hangs in blocking code. Everything that a test
//! may have to wait for begins with [`watch`]; so a test need not think of it.

use std::{
    collections::HashMap,
    io::Write as _,
    process,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::Duration,
};

/// How many seconds a test may take.
const LONGEST: u32 = 120;
/// Names another number of seconds.
pub(crate) const LONGEST_VARIABLE: &str = "REDRESS_TEST_SECONDS";

/// A test under way.
struct Test {
    name: String,
    seconds: u32,
    longest: u32,
}

static TESTS: LazyLock<Mutex<HashMap<ThreadId, Test>>> = LazyLock::new(|| {
    thread::spawn(|| {
        loop {
            thread::sleep(Duration::from_secs(1));
            tests().values_mut().for_each(Test::goes_on);
        }
    });
    Mutex::default()
});

/// By the thread that runs each.
fn tests() -> MutexGuard<'static, HashMap<ThreadId, Test>> {
    TESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Test {
    fn goes_on(&mut self) {
        self.seconds += 1;
        let Test { name, longest, .. } = self;
        if self.seconds > *longest {
            // Not by a macro that prints: the harness would keep that for the end of a test.
            let _ = writeln!(
                std::io::stderr(),
                "\ntest {name} has not ended within {longest} s; the run is aborted ({LONGEST_VARIABLE} allows more)"
            );
            process::abort();
        }
    }
}

/// Watches the test that runs on this thread until the thread ends. On any other thread it does nothing.
pub(crate) fn watch() {
    thread_local!(static WATCHED: Option<Watched> = Watched::begin());
    // On a thread that is about to end there is nothing left to watch.
    let _ = WATCHED.try_with(|_| ());
}

/// Likewise, for one that has much to compute: it may take five times as long.
pub(crate) fn watch_hard_work() {
    watch();
    if let Some(test) = tests().get_mut(&thread::current().id()) {
        test.longest = 5 * longest();
    }
}

fn longest() -> u32 {
    std::env::var(LONGEST_VARIABLE).map_or(LONGEST, |seconds| {
        seconds.parse().expect("a number of seconds")
    })
}

struct Watched(ThreadId);

impl Watched {
    fn begin() -> Option<Watched> {
        let thread = thread::current();
        // The harness names the thread of a test after it, with the test's modules.
        let name = thread.name().filter(|name| name.contains("::"))?;
        let test = Test {
            name: name.to_owned(),
            seconds: 0,
            longest: longest(),
        };
        tests().insert(thread.id(), test);
        Some(Watched(thread.id()))
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        tests().remove(&self.0);
    }
}
