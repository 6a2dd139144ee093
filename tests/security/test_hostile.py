#!/usr/bin/env python3
# ctest: timeout=300 once
"""Hostile text in every text column of a tenant, in arguments, settings, the environment and what the server says:
whatever the program prints, draws, logs or records holds no character that does more than be seen, rows stay straight,
and JSON carries the true text."""
import json
import os
import pty
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from desk import BINARY, SLOW, Desk, synced_columns  # noqa: E402
from hostile import BYTES, MARK, TEXTS, harm  # noqa: E402
from server import TENANT, Server, ident  # noqa: E402
from terminal import Terminal  # noqa: E402

A = TENANT["a"]
JOB = ident("a", "job")
server = Server("--no-vector")
desk = Desk(server.dsn("ht_a_rec1"), "hostile")
os.makedirs(desk.path("config", "hiretty", "themes"), 0o700)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def sql(script):
    run = subprocess.run([server.psql, "-XqAt", "-v", "ON_ERROR_STOP=1", server.env["HIRETTY_DSN_SUPERUSER"]],
                         input=f"SET app.current_tenant = '{A}';\n{script}".encode("utf-8", "surrogatepass"), env=server.env,
                         capture_output=True, check=False)
    assert run.returncode == 0, run.stderr[-2000:]
    return run.stdout.decode()


def one_person_each():
    """As many people as there are strings, harmless for now: the tables have their rows."""
    sql(f"""INSERT INTO candidates (id, first_name, last_name, email)
        SELECT md5('h' || g)::uuid, 'Anna', 'Person' || g, 'h' || g || '@example.com' FROM generate_series(0, {len(TEXTS) - 1}) g;
        INSERT INTO candidate_job_matches (id, candidate_id, job_id, score) SELECT md5('hm' || g)::uuid, md5('h' || g)::uuid, '{JOB}', 99 - g / 2.0
        FROM generate_series(0, {len(TEXTS) - 1}) g;
        INSERT INTO resumes (candidate_id, file_name, file_url, parsed_data, parsed) SELECT md5('h' || g)::uuid, 'cv', 'x', '{{}}', true FROM generate_series(0, {len(TEXTS) - 1}) g;
        INSERT INTO match_explanations (match_id, explanation_text, lineage_id) SELECT md5('hm' || g)::uuid, 'x', '{ident("a", "lineage")}' FROM generate_series(0, {len(TEXTS) - 1}) g;
        INSERT INTO screening_sessions (candidate_id, job_id, match_id, access_token) SELECT md5('h' || g)::uuid, '{JOB}', md5('hm' || g)::uuid, 'tk' || g FROM generate_series(0, {len(TEXTS) - 1}) g;
        INSERT INTO candidate_notes (candidate_id, match_id, body, visibility, created_by) SELECT md5('h' || g)::uuid, md5('hm' || g)::uuid, 'x', 'team', '{ident("a", "rec2")}' FROM generate_series(0, {len(TEXTS) - 1}) g;
        INSERT INTO candidate_tags (candidate_id, tag, created_by) SELECT md5('h' || g)::uuid, 'tag' || g, '{ident("a", "rec1")}' FROM generate_series(0, {len(TEXTS) - 1}) g;""")


def poison():
    """Every text, JSON and array column of every table that clients keep, row by row another string; what a rule of the
    schema forbids (codes, formats) stays. Returns how many columns took one."""
    script = ["CREATE TEMP TABLE evil (n int, t text);",
              "INSERT INTO evil VALUES " + ", ".join(f"({n}, {quoted(text)})" for n, text in enumerate(TEXTS)) + ";",
              "CREATE TEMP TABLE took (c text);",
              f"""CREATE FUNCTION pg_temp.e(n bigint) RETURNS text LANGUAGE sql AS $$ SELECT t FROM evil WHERE evil.n = $1 % {len(TEXTS)} $$;
        CREATE PROCEDURE pg_temp.poison(tbl text, col text, kind text) LANGUAGE plpgsql AS $$
        DECLARE r record; i bigint := abs(hashtext(tbl || col)) % 7; most int; value text; done bool := false;
        BEGIN
            SELECT character_maximum_length INTO most FROM information_schema.columns WHERE table_schema = 'public' AND table_name = tbl AND column_name = col;
            FOR r IN EXECUTE format('SELECT ctid, id FROM public.%I ORDER BY id::text', tbl) LOOP
                BEGIN
                    i := i + 1;
                    value := left(pg_temp.e(i), coalesce(most, 100000));
                    IF col = 'email' THEN value := value || i || '@' || left(value, 20); END IF;
                    IF kind = 'json' THEN value := CASE tbl || col
                        WHEN 'screening_sessionsmessages' THEN jsonb_build_array(jsonb_build_object('role', 'candidate', 'content', value), jsonb_build_object('role', pg_temp.e(i + 1), 'content', pg_temp.e(i + 2)))
                        WHEN 'voice_sessionstranscript' THEN jsonb_build_object('segments', jsonb_build_array(jsonb_build_object('speaker', pg_temp.e(i + 1), 'text', value)))
                        WHEN 'match_explanationsfactors' THEN jsonb_build_array(jsonb_build_object('name', value, 'quote', pg_temp.e(i + 1), 'detail', pg_temp.e(i + 2)))
                        WHEN 'candidate_job_matchesbias_flags' THEN jsonb_build_array(value, jsonb_build_object('type', pg_temp.e(i + 1), 'description', pg_temp.e(i + 2)))
                        ELSE jsonb_build_object('summary', value, pg_temp.e(i + 1), pg_temp.e(i + 2), 'personal', jsonb_build_object('full_name', value),
                            'skills', jsonb_build_object('technical', jsonb_build_array(value, pg_temp.e(i + 3))), 'education', jsonb_build_array(jsonb_build_object('degree', value, 'institution', pg_temp.e(i + 4))),
                            'experience', jsonb_build_array(jsonb_build_object('title', value, 'company', pg_temp.e(i + 5), 'description', pg_temp.e(i + 6)))) END::text;
                    END IF;
                    EXECUTE format('UPDATE public.%I SET %I = $1%s WHERE id = $2', tbl, col, CASE kind WHEN 'json' THEN '::jsonb' WHEN 'texts' THEN '::text[]' ELSE '' END)
                        USING CASE kind WHEN 'texts' THEN NULL ELSE value END, r.id;
                    done := done OR kind <> 'texts';
                EXCEPTION WHEN OTHERS THEN NULL;
                END;
            END LOOP;
            IF done THEN INSERT INTO took VALUES (tbl || '.' || col); END IF;
        END $$;"""]
    for table, columns in synced_columns().items():
        if "." in table or table == "status_machine":
            continue
        for column, kind in columns:
            if kind in ("text", "json"):
                script.append(f"CALL pg_temp.poison('{table}', '{column}', '{kind}');")
    script.append(f"UPDATE jobs SET title = 'C developer' WHERE id = '{JOB}';")
    script.append("SELECT c FROM took ORDER BY c;")
    return sql("\n".join(script)).split()


COMMANDS = (["status"], ["jobs"], ["jobs", "--all"], ["matches", "--job", "C developer"], ["matches", "--job", "C developer", "--where", "score>=50"],
            ["interviews", "--days", "60"], ["feedback"], ["search", MARK], ["outbox", "list"], ["conflicts", "list"], ["doctor"], ["config"])


def clean(run, what):
    for name, data in (("stdout", run.stdout), ("stderr", run.stderr)):
        found = harm(data, "\t" if data[:1] in (b"[", b"{") else "")  # JSON is indented by tabs
        assert not found, (what, name, found, data[:600])


def check_command_line():
    ids = [ident("a", f"c{n}") for n in range(1, 7)] + [row["candidate_id"] for row in desk.json("matches", "--job", "C developer")[:20]]
    sessions = server.truth("SELECT id FROM screening_sessions UNION SELECT id FROM voice_sessions ORDER BY 1 LIMIT 6").lines
    seen = ""
    for arguments in [*COMMANDS, *(["candidate", id_] for id_ in ids[::3]), *(["transcript", id_] for id_ in sessions)]:
        for option in ([], ["--plain"], ["--json"]):
            run = desk.run(*arguments, *option)
            clean(run, [*arguments, *option])
            if run.returncode == 0 and option == ["--json"]:
                json.loads(run.stdout)
            seen += run.stdout.decode()
    assert seen.count(MARK) > 500, "the strings came through"
    # Whatever the locale says, a pipe gets names whole; a terminal gets what it can show. The clock stands: between two
    # runs somebody becomes a minute older, who applied when this test began.
    matches, now = ["matches", "--job", "C developer", "--plain"], {"HIRETTY_NOW": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    run = desk.run(*matches, env={**now, "LC_ALL": "C"})
    assert run.returncode == 0 and run.stdout == desk.run(*matches, env=now).stdout, run.stderr
    shown = on_terminal(*matches, LC_ALL="C")
    assert len(shown) > 500 and all(byte < 128 for byte in shown), shown[:600]
    assert not harm(shown.replace(b"\r\n", b"\n"), "")


def on_terminal(*arguments, **env):
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([BINARY, *arguments], env={**desk.env, **env}, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=desk.folder):
        os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # the other side is closed
            pass
    os.close(ours)
    return shown


def check_true_text():
    """JSON is for programs: escaped for the terminal, and unchanged once it was read."""
    rows = {row["candidate_id"]: row["name"] for row in desk.json("matches", "--job", "C developer")}
    run = sql("SELECT json_agg(json_build_object('id', id, 'first', first_name, 'last', last_name)) FROM candidates")
    there = {row["id"]: f"{row['first']} {row['last']}" for row in json.loads(run)}
    same = sum(rows[id_] == there.get(id_) for id_ in rows)
    assert same >= len(rows) - 2 and len(rows) >= len(TEXTS), (same, len(rows), [(rows[i], there[i]) for i in rows if rows[i] != there[i]][:3])


def check_arguments():
    for evil in [*(text.encode("utf-8", "surrogatepass") for text in TEXTS[::4]), *BYTES]:
        evil = evil.replace(b"\0", b"")
        for arguments in ([evil], ["candidate", evil], ["matches", "--job", evil], ["matches", "--job", "C developer", "--where", evil],
                          ["search", evil], ["--profile", evil, "status"])[:: 1 if evil in BYTES else 2]:
            run = desk.run("--offline", *arguments)
            clean(run, arguments)
            assert run.returncode in (0, 1, 2, 5), (arguments, run.returncode, run.stderr)
            assert run.stderr.count(b"\n") <= 1, (arguments, run.stderr)


def check_what_the_server_says():
    """Errors, details, hints and notices of a server that says what it likes."""
    evil = quoted("E" + "".join(TEXTS[i] for i in (0, 2, 4, 20, 30, 35, 36)) + TEXTS[38])
    sql(f"""CREATE FUNCTION public.evil() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE WARNING '%', {evil}; RAISE NOTICE '%', {evil};
        RAISE EXCEPTION '%', {evil} USING DETAIL = {evil}, HINT = {evil}, CONSTRAINT = {evil}, TABLE = {evil}; END $f$;
        CREATE TRIGGER evil BEFORE INSERT ON public.candidate_notes FOR EACH ROW EXECUTE FUNCTION public.evil();""")
    row = desk.json("matches", "--job", "C developer")[0]
    try:
        for arguments in (["note", "--job", "C developer", row["id"], "some words"], ["sync"], ["outbox", "list"], ["outbox", "list", "--json"], ["outbox", "export"],
                          ["conflicts"], ["status"], ["doctor"]):
            clean(desk.run(*arguments), arguments)
    finally:
        sql("DROP TRIGGER evil ON public.candidate_notes")
    for dsn in (f"host=127.0.0.1 port=1 dbname='\x1b]0;x\x07\u202e' user='{MARK}\rroot' sslmode=verify-full", f"{MARK}\x1b[31m", f"host='\x1b[2J' {MARK}"):
        for arguments in (["sync"], ["doctor"]):
            clean(desk.run(*arguments, env={"HIRETTY_DSN": dsn}), arguments)


def check_settings_and_environment():
    config, theme = desk.path("config", "hiretty", "config"), desk.path("config", "hiretty", "themes")
    evil = [text.replace("\n", " ").encode("utf-8", "surrogatepass") for text in TEXTS]
    for content in (b"\n".join(evil), b"[" + evil[0] + b"]\n" + evil[1] + b" = " + evil[2] + b"\n[ui]\ntheme = " + evil[0] + b"\n" + evil[3] + b"=" + evil[4],
                    b"[keys]\n" + b"\n".join(text + b" = " + text for text in evil[:40]), b"[profile \x1b]0;x\x07]\ntheme=light\n[ui]\ntheme=\xff\xfe\n"):
        with open(config, "wb") as file:
            file.write(content)
        for arguments in (["--check-config"], ["config"], ["doctor"], ["--dump-keys"], ["jobs"]):
            clean(desk.run("--offline", *arguments), arguments)
    os.unlink(config)
    for name in (b"\x1b]0;x\x07.theme", b"\xff\xe2\x80\xae.theme"):
        with open(os.path.join(theme.encode(), name), "wb") as file:
            file.write(b"\n".join(evil))
    clean(desk.run("--check-config"), ["--check-config"])
    for name in os.listdir(theme.encode()):
        os.unlink(os.path.join(theme.encode(), name))
    for variable in ("TERM", "LANG", "LC_ALL", "USER", "LOGNAME", "HIRETTY_PROFILE", "HIRETTY_NOW", "HIRETTY_TRACE", "TZ", "COLUMNS", "PGHOST", "PGAPPNAME", "HOSTNAME"):
        for value in (b"\x1b]0;x\x07\x9b31m", "\u202e\u200b".encode() + b"\r", b"\xff" * 40):
            run = desk.run("--offline", "doctor", env={variable: value})
            clean(run, [variable])


def record(option, typed, prompts):
    """What a recording holds after text was pasted and typed, into prompts or beside them."""
    path = desk.path("recording" + option + str(prompts))
    with Terminal([BINARY, "--offline", "--record", path] + ([option] if option else []), desk.env, 120, 30) as screen:
        screen.settle(0.3, 20 * SLOW)
        for at in range(0, len(typed), 40):
            if prompts:
                screen.press("l")
            for text in typed[at:at + 40]:
                screen._write(text)  # pylint: disable=protected-access
                screen.pump(0.01)
            if prompts:
                screen._write(b"\x07")  # pylint: disable=protected-access
            screen.settle(0.05, 5 * SLOW)
        screen.kill(15)
        assert screen.wait_end(10 * SLOW) == 0
    assert os.stat(path).st_mode & 0o777 == 0o600
    with open(path, "rb") as file:
        return file.read()


def check_recordings():
    """A recording is plain text that can be read by a script's reader, whatever is pasted or comes as keys; without
    --record-texts it has no word of what was typed into prompts or pasted."""
    pastes = [b"\x1b[200~" + data.replace(b"\x1b[20", b"") + b"\x1b[201~" for data in (text.encode("utf-8", "surrogatepass") for text in TEXTS)]
    # Keys that no command has: what is not ASCII, and broken bytes.
    strange = sorted({char for text in TEXTS for char in text if ord(char) > 0x7F})
    keys = [char.encode("utf-8", "surrogatepass") for char in strange] + BYTES[:1]
    for prompts in (True, False):
        data = record("", pastes + keys, prompts)
        assert not harm(data), (prompts, harm(data), data[:300])
        assert MARK.encode() not in data.lower() and b"owned" not in data, "words were recorded"
        assert data.count(b"\n") > len(keys), data[-300:]
    data = record("--record-texts", pastes, True)
    assert not harm(data) and data.count(MARK.encode()) > len(TEXTS) // 2, (harm(data), data[:300])
    path = desk.path("recordingTrue")
    run = desk.run("--offline", "--script", path)
    assert run.returncode == 0, run.stderr[-500:]
    clean(run, "a recording played again")


def check_files():
    """The log and a recording are lines of plain text too."""
    with open(desk.state("hiretty.log"), "rb") as file:
        log = file.read()
    assert not harm(log), (harm(log), log[-500:])
    assert MARK not in log.decode(), "the log names somebody"
    for line in log.decode().splitlines():
        assert re.match(r"\d{4}-\d\d-\d\dT[\d:.]+Z \d+ (debug|info|warning|error) ", line), line


# What ncurses sends for xterm-256color; anything else came from data.
SEQUENCE = re.compile(rb"\x1b\[(\?[0-9;]*[hl]|[0-9;]*[mHJKABCDdGrX@PLMbST]|>[0-9;]*m|22;0;0t|23;0;0t|4l)|\x1b[()]0|\x1b[()]B|\x1b[78=>M]")
MODES = {1, 7, 25, 1049, 2004, 12, 1004}


def check_stream(raw):
    rest = SEQUENCE.sub(b"", bytes(raw))
    for modes in re.findall(rb"\x1b\[\?([0-9;]*)[hl]", bytes(raw)):
        assert {int(mode) for mode in modes.split(b";")} <= MODES, modes
    for bad in (b"\x1b", b"\x9b", b"\x07", b"\x0b", b"\x0c", b"\x0e", b"\x0f\x0e", b"\x7f"):
        at = rest.find(bad) if bad[0] < 0x80 else -1
        assert at < 0, (bad, rest[max(0, at - 60):at + 60])
    text = rest.decode("utf-8", "replace").replace("\x0f", "").replace("\x08", "").replace("\r", "")
    found = harm(text.encode())
    assert not found, found


def walk(screen, each):
    """Through every view, with its first rows."""
    def at(name):
        screen.settle(0.12, 5 * SLOW)
        each(name, screen)
    at("jobs")
    screen.press("/")
    screen.type("C devel")
    screen.press("Enter", "Enter")
    at("matches")
    for page in range(4):
        screen.press("PgDn")
        at(f"matches {page}")
    screen.press("Home")
    at("top")
    for _ in range(3):
        screen.press("Enter")
        at("candidate")
        for _ in range(5):
            screen.press("Tab")
            at("tab")
        screen.press("Esc")
        screen.press("j")
        screen.press("j")
    at("matches again")
    for keys in (("g", "c"), ("g", "a"), ("g", "f"), ("g", "o"), ("g", "x"), ("g", "s"), ("?",)):
        screen.press(*keys)
        at("".join(keys))
        screen.press("PgDn")
        at("".join(keys) + " 2")
        screen.press("Esc")
    screen.press("q")


wild_text = {}


def borders(screen):
    """Where lines of the frame are: vertical ones by row and column."""
    return {(y, x) for y in range(screen.lines) for x, char in screen.screen.buffer[y].items() if char.data in "│┃║├┤┌┐└┘╭╮╰╯"}


def look(env=None):
    found = []

    def each(name, screen):
        found.append((name, borders(screen), screen.screen.title))
        wild_text[name] = screen.text()
        assert not screen.screen.title, (name, screen.screen.title)
    with Terminal([BINARY, "--offline"], {**desk.env, **(env or {})}, 150, 44) as screen:
        screen.wait("C developer", 30 * SLOW)
        walk(screen, each)
        screen.press("Q")
        code = screen.wait_end(10 * SLOW)
        check_stream(screen.raw)
        assert screen.left_behind() == [], screen.left_behind()
        assert code == 0, code
        return found, bytes(screen.raw)


def rows_are_straight(calm, wild):
    """The frame's vertical lines, and where each column's cells begin, are where they were with harmless names."""
    compared = 0
    for (name, before, _), (_, after, _) in zip(calm, wild):
        columns = {x for _, x in before if sum(1 for _, other in before if other == x) >= 8}
        wanted = {(y, x) for y, x in before if x in columns}
        assert wanted <= after, (name, sorted(wanted - after)[:10], wild_text[name])
        compared += len(wanted)
    assert compared > 100, compared


def main():
    one_person_each()
    desk.must("sync")
    calm, _ = look()
    if os.path.exists(desk.state("session")):
        os.unlink(desk.state("session"))
    took = poison()
    assert len(took) >= 60, (len(took), took)
    desk.must("sync")
    desk.must("cache", "check")
    steps = [check_command_line, check_true_text, check_arguments, check_what_the_server_says, check_settings_and_environment,
             check_recordings]
    print(f"1..{len(steps) + 3}")
    wild, raw = look()
    assert raw.count(MARK.encode()) > 30, "the strings were on the screen"
    print("ok 1 - screens", flush=True)
    rows_are_straight(calm, wild)
    print("ok 2 - rows are straight", flush=True)
    for number, step in enumerate(steps, 3):
        step()
        print(f"ok {number} - {step.__name__}", flush=True)
    check_files()
    print(f"ok {len(steps) + 3} - log", flush=True)
    assert not os.path.exists("/tmp/hiretty-owned")


try:
    main()
finally:
    desk.close()
