//! Tasks that are polled when they were woken and not otherwise, so that a wake-up that is missing shows at once.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Counts how often a task is woken.
#[derive(Debug, Default)]
pub(crate) struct Bell(AtomicUsize);

impl Bell {
    pub(crate) fn new() -> (Arc<Self>, Waker) {
        let bell = Arc::new(Self::default());
        (bell.clone(), Waker::from(bell))
    }

    /// How often it rang since the last call.
    pub(crate) fn rang(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Polls once.
pub(crate) fn poll_once<F: Future>(future: F, waker: &Waker) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(waker))
}

/// What is ready at once.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match poll_once(future, Waker::noop()) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// A set of tasks on one thread.
#[derive(Default)]
pub(crate) struct Tasks<'a> {
    tasks: Vec<Task<'a>>,
}

struct Task<'a> {
    future: Option<Pin<Box<dyn Future<Output = ()> + 'a>>>,
    bell: Arc<Bell>,
    waker: Waker,
}

impl<'a> Tasks<'a> {
    pub(crate) fn spawn(&mut self, future: impl Future<Output = ()> + 'a) -> usize {
        let (bell, waker) = Bell::new();
        waker.wake_by_ref();
        self.tasks.push(Task { future: Some(Box::pin(future)), bell, waker });
        self.tasks.len() - 1
    }

    /// Polls who was woken until nobody is any more; the numbers of those that still wait.
    pub(crate) fn run(&mut self) -> Vec<usize> {
        for _ in 0..10_000_000 {
            let mut idle = true;
            for task in &mut self.tasks {
                let Some(future) = &mut task.future else { continue };
                if task.bell.rang() > 0 {
                    idle = false;
                    if future.as_mut().poll(&mut Context::from_waker(&task.waker)).is_ready() {
                        task.future = None;
                    }
                }
            }
            if idle {
                let waiting = self.tasks.iter().enumerate();
                return waiting
                    .filter(|(_, task)| task.future.is_some())
                    .map(|(number, _)| number)
                    .collect();
            }
        }
        panic!("the tasks wake each other for ever");
    }

    /// Runs until all are done.
    pub(crate) fn finish(&mut self) {
        assert_eq!(self.run(), [0; 0], "these wait for ever");
    }

    /// Ends a task where it stands.
    pub(crate) fn end(&mut self, number: usize) {
        self.tasks[number].future = None;
    }
}
