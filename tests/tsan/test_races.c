/* ThreadSanitizer and GLib together: each way of handing data from one thread to another is quiet,
 * and the same without it is reported. Each case runs in a process of its own. */
#include <gio/gio.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 200 };

typedef struct {
    GMutex lock;
    GCond turned;
    GAsyncQueue *queue;
    GMainContext *context;
    GMainLoop *loop;
    bool is_locked, is_done;
    int number; /* what is raced for */
} Shared;

static gpointer count(gpointer data)
{
    Shared *shared = data;
    for (int i = 0; i < ROUNDS; i++) {
        if (shared->is_locked)
            g_mutex_lock(&shared->lock);
        shared->number++;
        if (shared->is_locked)
            g_mutex_unlock(&shared->lock);
        g_thread_yield();
    }
    return NULL;
}

static void two_count(bool locked)
{
    Shared shared = {.is_locked = locked};
    g_mutex_init(&shared.lock);
    GThread *a = g_thread_new("a", count, &shared), *b = g_thread_new("b", count, &shared);
    g_thread_join(a);
    g_thread_join(b);
    g_mutex_clear(&shared.lock);
}

static void case_mutex(void)
{
    two_count(true);
}

static void case_nothing(void)
{
    two_count(false);
}

static gpointer signal_done(gpointer data)
{
    Shared *shared = data;
    g_mutex_lock(&shared->lock);
    shared->number = 7;
    shared->is_done = true;
    g_cond_signal(&shared->turned);
    g_mutex_unlock(&shared->lock);
    return NULL;
}

static void case_cond(void)
{
    Shared shared = {0};
    GThread *thread = g_thread_new("a", signal_done, &shared);
    g_mutex_lock(&shared.lock);
    while (!shared.is_done)
        g_cond_wait(&shared.turned, &shared.lock);
    g_mutex_unlock(&shared.lock);
    g_assert_cmpint(shared.number, ==, 7);
    g_thread_join(thread);
}

static gpointer push(gpointer data)
{
    Shared *shared = data;
    for (int i = 0; i < ROUNDS; i++) {
        int *one = g_new(int, 1);
        *one = i;
        g_async_queue_push(shared->queue, one);
    }
    return NULL;
}

static void case_queue(void)
{
    Shared shared = {.queue = g_async_queue_new()};
    GThread *thread = g_thread_new("a", push, &shared);
    for (int i = 0; i < ROUNDS; i++) {
        g_autofree int *one = g_async_queue_pop(shared.queue);
        g_assert_cmpint(*one, ==, i);
        *one = 0;
    }
    g_thread_join(thread);
    g_async_queue_unref(shared.queue);
}

static gboolean on_invoked(gpointer data)
{
    Shared *shared = data;
    shared->number++;
    if (shared->number == ROUNDS)
        g_main_loop_quit(shared->loop);
    return G_SOURCE_REMOVE;
}

static gpointer invoke(gpointer data)
{
    Shared *shared = data;
    for (int i = 0; i < ROUNDS; i++)
        g_main_context_invoke(shared->context, on_invoked, shared);
    return NULL;
}

static void case_context(void)
{
    Shared shared = {.context = g_main_context_new()};
    shared.loop = g_main_loop_new(shared.context, FALSE);
    GThread *thread = g_thread_new("a", invoke, &shared);
    g_main_loop_run(shared.loop);
    g_thread_join(thread);
    g_assert_cmpint(shared.number, ==, ROUNDS);
    g_main_loop_unref(shared.loop);
    g_main_context_unref(shared.context);
}

static void work(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    (void)source;
    (void)cancellable;
    int *number = data;
    (*number)++;
    g_task_return_pointer(task, g_strdup("done"), g_free);
}

static void on_task(GObject *source, GAsyncResult *result, gpointer data)
{
    (void)source;
    Shared *shared = data;
    g_autofree char *text = g_task_propagate_pointer(G_TASK(result), NULL);
    g_assert_cmpstr(text, ==, "done");
    shared->number += *(int *)g_task_get_task_data(G_TASK(result));
    shared->is_done = true;
}

static void case_task(void)
{
    Shared shared = {0};
    int number = 0;
    g_autoptr(GTask) task = g_task_new(NULL, NULL, on_task, &shared);
    g_task_set_task_data(task, &number, NULL);
    g_task_run_in_thread(task, work);
    while (!shared.is_done)
        g_main_context_iteration(NULL, TRUE);
    g_assert_cmpint(shared.number, ==, 1);
}

/* The same place, read while another thread may be writing it. */
static void case_early(void)
{
    Shared shared = {.queue = g_async_queue_new()};
    int *one = g_new0(int, 1);
    g_async_queue_push(shared.queue, one);
    *one = 1; /* it is no longer ours */
    GThread *thread = g_thread_new("a", (GThreadFunc)g_async_queue_pop, shared.queue);
    int *other = g_thread_join(thread);
    g_free(other);
    g_async_queue_unref(shared.queue);
}

static gpointer take_and_change(gpointer data)
{
    int *one = g_async_queue_pop(data);
    *one = 2;
    return one;
}

static void case_after(void)
{
    GAsyncQueue *queue = g_async_queue_new();
    int *one = g_new0(int, 1);
    GThread *thread = g_thread_new("a", take_and_change, queue);
    g_async_queue_push(queue, one);
    *one = 1; /* it is no longer ours */
    g_free(g_thread_join(thread));
    g_async_queue_unref(queue);
}

static const struct {
    const char *name;
    void (*run)(void);
    bool is_race;
} cases[] = {
    {"mutex", case_mutex, false},    {"cond", case_cond, false},
    {"queue", case_queue, false},    {"context", case_context, false},
    {"task", case_task, false},      {"ordered", case_early, false},
    {"nothing", case_nothing, true}, {"after push", case_after, true},
};

static void test_case(gconstpointer data)
{
    int number = GPOINTER_TO_INT(data);
    g_autofree char *text = g_strdup_printf("%d", number);
    g_autofree char *errors = NULL;
    char *argv[] = {g_file_read_link("/proc/self/exe", NULL), text, NULL};
    g_autoptr(GError) error = NULL;
    int status = 0;
    g_assert_true(g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &errors,
                               &status, &error));
    g_assert_no_error(error);
    bool reported = strstr(errors, "data race") != NULL;
    if (reported != cases[number].is_race)
        g_test_message("%s", errors);
    g_assert_cmpint(reported, ==, cases[number].is_race);
    g_assert_cmpint(g_spawn_check_wait_status(status, NULL), ==, !cases[number].is_race);
    g_free(argv[0]);
}

int main(int argc, char **argv)
{
    if (argc == 2 && g_ascii_isdigit(*argv[1])) {
        cases[g_ascii_strtoll(argv[1], NULL, 10)].run();
        return 0;
    }
    g_test_init(&argc, &argv, NULL);
    for (int i = 0; i < (int)G_N_ELEMENTS(cases); i++) {
        g_autofree char *path =
            g_strdup_printf("/tsan/%s/%s", cases[i].is_race ? "found" : "quiet", cases[i].name);
        g_test_add_data_func(path, GINT_TO_POINTER(i), test_case);
    }
    return g_test_run();
}
