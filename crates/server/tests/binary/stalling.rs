//! A statement that does not end: whoever has it carried out waits in the middle of the transaction.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use florin_storage::{Db, Engine, StorageError, params};

/// SQLite's writer has been at one transaction for so long when nobody else could write.
const AT_IT: Duration = Duration::from_secs(2);
/// A name for what PostgreSQL's transactions wait for.
const TURN: i64 = 71_107;

/// Files that come to a state have the transaction wait, until this is lifted.
pub struct Stall {
    db: Db,
    holder: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Stall {
    /// Transactions wait that bring a file to this state: `INSERT` it, or `UPDATE` it.
    pub fn at(db: &Db, statement: &str, state: &str) -> Self {
        let trigger = format!(
            "CREATE TRIGGER stall AFTER {statement} ON ach_file FOR EACH ROW WHEN (NEW.state = '{state}')"
        );
        let (setting_up, holder) = match db.engine() {
            Engine::Sqlite => {
                let endless = "CREATE VIEW endless AS WITH RECURSIVE n(i) AS \
                               (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0) SELECT i FROM n";
                let counting = format!("{trigger} BEGIN SELECT COUNT(*) FROM endless; END");
                ([endless.to_owned(), counting], None)
            }
            Engine::Postgres => {
                let wait = format!(
                    "CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS \
                     'BEGIN PERFORM pg_advisory_xact_lock({TURN}); RETURN NULL; END'"
                );
                let waiting = format!("{trigger} EXECUTE FUNCTION wait()");
                ([wait, waiting], Some(hold(db)))
            }
        };
        run(db, setting_up);
        Self { db: db.clone(), holder }
    }

    /// Whether a transaction waits.
    pub fn is_reached(&self) -> bool {
        match self.db.engine() {
            Engine::Sqlite => {
                let (db, (written, told)) = (self.db.clone(), channel());
                std::thread::spawn(move || {
                    // It fails when it has waited for too long.
                    let _ = db.write_blocking(|_| Ok::<_, StorageError>(()));
                    let _ = written.send(());
                });
                told.recv_timeout(AT_IT) == Err(RecvTimeoutError::Timeout)
            }
            Engine::Postgres => {
                let waiting = self.db.read_blocking(|tx| {
                    tx.query_one(
                        "SELECT COUNT(*) AS waiting FROM pg_locks JOIN pg_database ON oid = database \
                         WHERE datname = current_database() AND CAST(objid AS BIGINT) = ?1 AND NOT granted",
                        params![TURN],
                        |row| row.get::<i64>("waiting"),
                    )
                });
                waiting.unwrap() > 0
            }
        }
    }

    /// Once whoever waited is dead.
    pub fn lift(self) {
        if let Some((release, holder)) = self.holder {
            release.send(()).unwrap();
            holder.join().unwrap();
        }
        let what_it_does = match self.db.engine() {
            Engine::Sqlite => "DROP VIEW endless",
            Engine::Postgres => "DROP FUNCTION wait()",
        };
        let trigger = match self.db.engine() {
            Engine::Sqlite => "DROP TRIGGER stall",
            Engine::Postgres => "DROP TRIGGER stall ON ach_file",
        };
        run(&self.db, [trigger.to_owned(), what_it_does.to_owned()]);
    }
}

/// Has PostgreSQL's transactions wait for their turn until it is told to end.
fn hold(db: &Db) -> (Sender<()>, JoinHandle<()>) {
    let ((holds, held), (release, released), db) = (channel(), channel(), db.clone());
    let holder = std::thread::spawn(move || {
        let held = db.write_blocking(move |tx| {
            tx.query_one("SELECT pg_advisory_xact_lock(?1)", params![TURN], |_| Ok(()))?;
            holds.send(()).unwrap();
            // An error means that the test has ended.
            let _ = released.recv();
            Ok::<_, StorageError>(())
        });
        held.unwrap();
    });
    held.recv().unwrap();
    (release, holder)
}

fn run(db: &Db, statements: [String; 2]) {
    let done = db.write_blocking(move |tx| {
        for statement in &statements {
            tx.execute(statement, params![])?;
        }
        Ok::<_, StorageError>(())
    });
    done.unwrap();
}
