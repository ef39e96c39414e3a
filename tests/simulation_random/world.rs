//! Two ends, the network between them, and what befalls all three.

use std::time::Duration;

use websocket_proto::{Config, Delivery, Liveness, Role};

use super::end::End;
use super::network::Link;
use super::support::Random;

const ROLES: [Role; 2] = [Role::Client, Role::Server];

pub(crate) struct World {
    now: Duration,
    pub(crate) client: End,
    pub(crate) server: End,
    to_client: Link,
    to_server: Link,
    random: Random,
    /// A bit was flipped: what arrives is no more what was sent.
    pub(crate) corrupted: bool,
    /// Neither the network nor an application did anything that keeps messages or a close from arriving.
    pub(crate) is_calm: bool,
}

impl World {
    pub(crate) fn new(seed: u64, trace: bool) -> Self {
        let mut random = Random::new(seed);
        let troubled = random.chance(50);
        let compression = random.chance(40);
        let mut end = |role, stream: u64| {
            let config = config(role, &mut random, troubled, compression);
            let mut end = End::new(role, config, Random::new(seed ^ stream << 40));
            end.trace = trace;
            end.holds_back = troubled;
            end
        };
        let (mut client, mut server) = (end(Role::Client, 1), end(Role::Server, 2));
        let [to_client, to_server] = [(); 2].map(|()| link(&mut random, troubled));
        // What fits into no transport takes long.
        client.application.most = to_server.capacity.saturating_mul(20);
        server.application.most = to_client.capacity.saturating_mul(20);
        Self {
            now: Duration::ZERO,
            client,
            server,
            to_client,
            to_server,
            random,
            corrupted: false,
            is_calm: !troubled,
        }
    }

    /// Whatever happens, and then the end.
    pub(crate) fn play(&mut self) {
        let closes = self.random.chance(30);
        for _ in 0..20 + self.random.below(80) {
            let wait = match self.random.below(20) {
                0..=9 => 0,
                10..=15 => self.random.below(20_000),
                16..=18 => self.random.below(500_000),
                _ => self.random.below(5_000_000),
            };
            self.pass(self.now + Duration::from_micros(wait as u64));
            let role = ROLES[self.random.below(2)];
            match self.random.below(100) {
                0 if !self.is_calm => self.trouble(role),
                1 if closes => self.close(role),
                2..=9 => self.stall(role),
                10..=13 => {
                    let latency = latency(&mut self.random, !self.is_calm);
                    self.link_to(role).latency = latency;
                }
                14 | 15 => self.jump(role),
                _ => {
                    let End { application, machine, .. } = self.end(role);
                    application.act(machine);
                    self.pass(self.now);
                }
            }
            if self.is_closed() {
                return;
            }
        }
        self.end_all();
    }

    /// Each end closes in the end, if nothing else has ended it; who waits for nothing gives up.
    fn end_all(&mut self) {
        for role in ROLES {
            let End { application, machine, .. } = self.end(role);
            application.finish_message(machine);
        }
        let first = self.random.below(2);
        // A second time for what was in its handshake still. The clocks may have gone back by hours.
        for seconds in [100, 3_600 * 24] {
            for role in [ROLES[first], ROLES[1 - first]] {
                self.close(role);
                self.pass(self.now + Duration::from_secs(seconds));
            }
        }
        for role in ROLES {
            if !self.end(role).is_closed() {
                let end = self.end(role);
                assert!(end.config.timeouts.close.is_none() || !end.machine.is_open());
                end.say(Duration::ZERO, "gives up");
                end.machine.abort();
                self.is_calm = false;
                self.pass(self.now);
            }
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed() && self.server.is_closed()
    }

    /// Lets time pass until `then`, from one thing that happens to the next.
    fn pass(&mut self, then: Duration) {
        let mut steps = 0;
        loop {
            self.to_client.deliver(self.now);
            self.to_server.deliver(self.now);
            self.client.turn(self.now, &mut self.to_client, &mut self.to_server);
            self.server.turn(self.now, &mut self.to_server, &mut self.to_client);
            // What one has read is room for the other.
            self.client.turn(self.now, &mut self.to_client, &mut self.to_server);
            steps += 1;
            assert!(steps < 200_000, "no end in sight");
            match self.next().filter(|next| *next <= then) {
                Some(next) => self.now = next,
                None => break,
            }
        }
        self.now = then;
    }

    /// When something happens next.
    fn next(&self) -> Option<Duration> {
        let links = [&self.to_client, &self.to_server].map(|link| link.next(self.now));
        let ends = [&self.client, &self.server].map(|end| {
            let stalled = Some(end.stalled_until).filter(|until| *until > self.now);
            [end.wake, stalled.filter(|_| !end.is_closed())].into_iter().flatten().min()
        });
        links.into_iter().chain(ends).flatten().min()
    }

    fn close(&mut self, role: Role) {
        let now = self.now;
        let end = self.end(role);
        end.say(now, "closes");
        let End { application, machine, .. } = end;
        application.close(machine);
        self.pass(now);
    }

    /// Does not read for a while, or again: at times for longer than anyone waits.
    fn stall(&mut self, role: Role) {
        let most = if self.is_calm { 100 } else { [100, 5_000, 60_000][self.random.below(3)] };
        let time = Duration::from_millis(self.random.below(most) as u64);
        let now = self.now;
        let end = self.end(role);
        end.say(now, format_args!("does not read for {time:?}"));
        end.stalled_until = now + time;
    }

    /// The clock of an end leaps: a little, or by hours, or back.
    fn jump(&mut self, role: Role) {
        let by = match self.random.below(if self.is_calm { 2 } else { 4 }) {
            0 | 1 => Duration::from_micros(self.random.below(1_000) as u64),
            2 => Duration::from_millis(self.random.below(5_000) as u64),
            _ => Duration::from_secs(self.random.below(20_000) as u64),
        };
        let back = self.random.chance(50);
        let now = self.now;
        let end = self.end(role);
        end.say(now, format_args!("its clock goes by {by:?}, back: {back}"));
        end.ahead = if back { end.ahead.saturating_sub(by) } else { end.ahead + by };
        self.pass(now);
    }

    fn trouble(&mut self, role: Role) {
        let now = self.now;
        let which = self.random.below(7);
        self.end(role).say(now, format_args!("trouble {which}"));
        match which {
            0 => self.end(role).machine.abort(),
            1 | 2 => {
                for role in ROLES {
                    let then = now + Duration::from_micros(self.random.below(1_000_000) as u64);
                    self.link_to(role).reset(then);
                }
            }
            3 => self.link_to(role).end(now),
            4 => self.link_to(role).swallow(),
            5 => ROLES.into_iter().for_each(|role| self.link_to(role).swallow()),
            _ => {
                let (at, bit) = (self.random.below(1 << 20), self.random.below(8));
                self.corrupted |= self.link_to(role).corrupt(at, bit);
            }
        }
        self.pass(now);
    }

    pub(crate) fn end(&mut self, role: Role) -> &mut End {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    fn link_to(&mut self, role: Role) -> &mut Link {
        match role {
            Role::Client => &mut self.to_client,
            Role::Server => &mut self.to_server,
        }
    }
}

/// Where nothing is to go wrong, the network is quick enough for every deadline.
fn link(random: &mut Random, troubled: bool) -> Link {
    let capacity = if troubled { [600, 3_000, 70_000] } else { [9_000, 70_000, 1 << 20] };
    Link::new(latency(random, troubled), capacity[random.below(3)])
}

fn latency(random: &mut Random, troubled: bool) -> Duration {
    let most = [1, 1_000, 20_000, if troubled { 200_000 } else { 5_000 }][random.below(4)];
    Duration::from_micros(random.below(most) as u64)
}

/// Deadlines are short and limits small only where there is trouble.
fn config(role: Role, random: &mut Random, troubled: bool, compression: bool) -> Config {
    let mut config = if role == Role::Client { Config::client() } else { Config::server() };
    config.reference_threshold = [1, 64, 4096][random.below(3)];
    config.delivery = [Delivery::Messages, Delivery::Chunks][random.below(2)];
    let limits = &mut config.limits;
    limits.max_write_buffer = [300, 5_000, 1 << 20][random.below(3)];
    limits.max_pending_pongs = [1, 4, 32][random.below(3)];
    limits.retain = [100, 4 << 20][random.below(2)];
    let timeouts = &mut config.timeouts;
    timeouts.release_after = Duration::from_millis([1, 1_000][random.below(2)]);
    if troubled {
        limits.max_frame_size = [1_500, 16 << 20, 16 << 20][random.below(3)];
        limits.max_message_size = [1_500, 16 << 20, 16 << 20][random.below(3)];
        limits.max_fragments = [2, 1 << 17, 1 << 17][random.below(3)];
        let mut time = |choices: [u64; 4]| {
            Some(choices[random.below(4)]).filter(|time| *time > 0).map(Duration::from_millis)
        };
        timeouts.handshake = time([300, 2_000, 10_000, 10_000]);
        timeouts.close = time([100, 1_000, 10_000, 10_000]);
        timeouts.write_stall = time([200, 3_000, 30_000, 0]);
        timeouts.idle = time([0, 0, 500, 5_000]);
        timeouts.ping_interval = time([0, 300, 1_000, 5_000]);
        timeouts.pong = time([0, 50, 1_000, 5_000]);
        if random.chance(10) {
            timeouts.close = None;
        }
        config.liveness = [Liveness::MatchingPong, Liveness::AnyBytes][random.below(2)];
        config.automatic_pong = random.chance(90);
    }
    #[cfg(feature = "deflate")]
    if compression {
        config.compression = Some(websocket_proto::deflate::Compression::default());
    }
    #[cfg(not(feature = "deflate"))]
    let _without = compression;
    config
}
