/* The least that a list in a terminal can cost: ncursesw, one SQLite table, a page at a time by
 * key, the same columns as the ranked list. What Hiretty does beyond is measured against it.
 *
 *   bench_floor FILE            draws; j k, Ctrl-F Ctrl-B, q
 *   bench_floor FILE fill N     makes the table with N rows first */
#include <locale.h>
#include <ncurses.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 512 };

typedef struct {
    int score, id;
    char text[400];
} Row;

static sqlite3 *db;
static Row rows[MAX_ROWS];
static int n_rows, cursor;

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK) {
        fprintf(stderr, "%s\n", sqlite3_errmsg(db));
        exit(1);
    }
    return statement;
}

static void fill(int count)
{
    sqlite3_exec(
        db,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; DROP TABLE IF EXISTS m;"
        "CREATE TABLE m(id INTEGER PRIMARY KEY, score INT, name TEXT, title TEXT, place TEXT);"
        "BEGIN",
        NULL, NULL, NULL);
    sqlite3_stmt *insert =
        prepare("INSERT INTO m VALUES(?1, ?2, 'Candidate Number ' || ?1,"
                "'Senior Something Engineer at Company ' || (?1 % 97), 'Berlin')");
    for (int i = 1; i <= count; i++) {
        sqlite3_bind_int(insert, 1, i);
        sqlite3_bind_int(insert, 2, (int)((unsigned)i * 2654435761U % 10001));
        sqlite3_step(insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    sqlite3_exec(db, "COMMIT; CREATE INDEX m_rank ON m(score DESC, id); ANALYZE", NULL, NULL, NULL);
}

/* The page after (score, id), downwards or upwards. */
static void load(int score, int id, int wanted, bool up)
{
    static sqlite3_stmt *pages[2];
    if (!pages[0]) {
        pages[0] =
            prepare("SELECT id, score, name, title, place FROM m WHERE (-score, id) > (-?1, ?2) "
                    "AND score <= ?1 ORDER BY score DESC, id LIMIT ?3");
        pages[1] =
            prepare("SELECT id, score, name, title, place FROM m WHERE (-score, id) < (-?1, ?2) "
                    "AND score >= ?1 ORDER BY score, id DESC LIMIT ?3");
    }
    sqlite3_stmt *page = pages[up];
    sqlite3_bind_int(page, 1, score);
    sqlite3_bind_int(page, 2, id);
    sqlite3_bind_int(page, 3, wanted < MAX_ROWS ? wanted : MAX_ROWS);
    int n = 0;
    Row fresh[MAX_ROWS];
    while (sqlite3_step(page) == SQLITE_ROW) {
        Row *row = &fresh[n++];
        row->id = sqlite3_column_int(page, 0);
        row->score = sqlite3_column_int(page, 1);
        snprintf(row->text, sizeof row->text, "%3d  %-40.40s %-60.60s %-20.20s", row->score / 100,
                 (const char *)sqlite3_column_text(page, 2),
                 (const char *)sqlite3_column_text(page, 3),
                 (const char *)sqlite3_column_text(page, 4));
    }
    sqlite3_reset(page);
    for (int i = 0; i < n; i++)
        rows[i] = fresh[up ? n - 1 - i : i];
    if (n > 0)
        n_rows = n;
}

static void draw(void)
{
    for (int y = 0; y < LINES - 2; y++) {
        move(y + 1, 0);
        if (y < n_rows) {
            attrset(y == cursor ? A_REVERSE : A_NORMAL);
            addnstr(rows[y].text, COLS);
            attrset(A_NORMAL);
        }
        clrtoeol();
    }
    mvprintw(LINES - 1, 0, "%d", n_rows ? rows[cursor].id : 0);
    clrtoeol();
    refresh();
}

static bool act(int key)
{
    int page = LINES - 2;
    if (key == 'j' && cursor + 1 < n_rows)
        cursor++;
    else if (key == 'k' && cursor > 0)
        cursor--;
    else if ((key == 'j' || key == 6) && n_rows > 0)
        load(rows[n_rows - 1].score, rows[n_rows - 1].id, page, false);
    else if ((key == 'k' || key == 2) && n_rows > 0)
        load(rows[0].score, rows[0].id, page, true);
    if (cursor >= n_rows)
        cursor = n_rows - 1;
    return key != 'q' && key != ERR;
}

int main(int argc, char **argv)
{
    if (argc < 2 || sqlite3_open(argv[1], &db) != SQLITE_OK)
        return 2;
    if (argc == 4 && strcmp(argv[2], "fill") == 0) {
        fill(atoi(argv[3]));
        return sqlite3_close(db);
    }
    setlocale(LC_ALL, "");
    initscr();
    raw();
    noecho();
    load(10001, 0, LINES - 2, false);
    do
        draw();
    while (act(getch()));
    endwin();
    return 0;
}
