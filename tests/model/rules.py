"""What readers and writers of the log agree on, rule by rule, so that each can be left out."""

from dataclasses import dataclass

LEAP = 10  # positions between two histories: more than a model's failover can lose


@dataclass(frozen=True)
class Rules:
    """Each is True where the rule is kept."""

    # A reader takes the highest position drawn, then the least published floor, ...
    high_before_floors: bool = True
    # ... then reads in a snapshot taken after both.
    snapshot_after_floor: bool = True
    # A writer's lock is released only after its commit is visible.
    locks_outlive_commits: bool = True
    # A reader moves its position with a compare-and-set in the transaction of the rows.
    rows_and_position_together: bool = True
    # A reader reads on from the last row it has seen, never from the floor itself.
    horizon_is_a_row: bool = True
    # A new connection compares the database's identity; memory of another database is forgotten.
    new_connections_compare: bool = True
    # What was learned over a connection to another database never enters memory.
    pages_name_their_database: bool = True
    # The first connection in a new history moves the sequence beyond all that can be lost.
    histories_leap: bool = True
    # The first to connect who has known a later history, or a longer write-ahead log, begins a new
    # history, beyond the start that it has known.
    earlier_copies_begin_histories: bool = True
    # Whoever comes with a position of an earlier history is told to begin anew.
    old_positions_begin_anew: bool = True
    # An append says which database it was decided for; another one refuses it.
    appends_name_their_database: bool = True
    # The database refuses version n of a stream without version n - 1.
    versions_are_contiguous: bool = True
    # A wait for a commit is never cancelled on the server.
    commits_are_never_cancelled: bool = True
    # What is found instead of inserted is answered for after a commit of one's own.
    found_rows_are_confirmed: bool = True


PROPOSED = Rules()
TODAY = Rules(
    horizon_is_a_row=False,
    new_connections_compare=False,
    pages_name_their_database=False,
    histories_leap=False,
    earlier_copies_begin_histories=False,
    old_positions_begin_anew=False,
    appends_name_their_database=False,
    versions_are_contiguous=False,
    commits_are_never_cancelled=False,
    found_rows_are_confirmed=False,
)
