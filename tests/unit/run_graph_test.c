/* The graph of a run, against a plain matrix of who reaches whom. */
#include "schemas/rules/run_graph.h"

#include <string.h>

#include "tests/support/cmocka_all.h"
#include "tests/support/rng.h"

enum { ALL = RUN_EDGE_DATA | RUN_EDGE_CONTROL | RUN_EDGE_FALLBACK | RUN_EDGE_RETRY, SMALL = 12 };

/* A chain has no cycle; closing it makes one; along other kinds of edges there is none. */
static void run_graph_is_acyclic_chain(void **state)
{
    struct run_graph graph = {0};
    uint32_t node;

    (void)state;
    run_graph_begin(&graph, 3);
    assert_true(run_graph_is_acyclic(&graph, ALL, &node));
    assert_true(run_graph_add_edge(&graph, 0, 1, RUN_EDGE_DATA));
    assert_true(run_graph_add_edge(&graph, 1, 2, RUN_EDGE_CONTROL));
    assert_true(run_graph_is_acyclic(&graph, ALL, &node));
    assert_true(run_graph_add_edge(&graph, 2, 1, RUN_EDGE_RETRY));
    assert_true(run_graph_is_acyclic(&graph, RUN_EDGE_DATA | RUN_EDGE_CONTROL, &node));
    assert_false(run_graph_is_acyclic(&graph, ALL, &node));
    assert_true(node == 1 || node == 2);
    run_graph_begin(&graph, 1);
    assert_true(run_graph_is_acyclic(&graph, ALL, &node));
    assert_true(run_graph_add_edge(&graph, 0, 0, RUN_EDGE_DATA));
    assert_false(run_graph_is_acyclic(&graph, ALL, &node));
    run_graph_cleanup(&graph);
}

/* Marks reach what lies downstream, through cycles too, and nothing else. */
static void run_graph_spread_kinds(void **state)
{
    struct run_graph graph = {0};
    uint64_t marks[4] = {1, 2, 0, 0};

    (void)state;
    run_graph_begin(&graph, 4);
    assert_true(run_graph_add_edge(&graph, 0, 2, RUN_EDGE_DATA));
    assert_true(run_graph_add_edge(&graph, 1, 2, RUN_EDGE_FALLBACK));
    assert_true(run_graph_add_edge(&graph, 2, 0, RUN_EDGE_RETRY));
    run_graph_spread(&graph, RUN_EDGE_DATA, marks);
    assert_memory_equal(marks, ((const uint64_t[]){1, 2, 1, 0}), sizeof(marks));
    run_graph_spread(&graph, ALL, marks);
    assert_memory_equal(marks, ((const uint64_t[]){3, 2, 3, 0}), sizeof(marks));
    run_graph_cleanup(&graph);
}

/* Who reaches whom, in one step or more. */
static void close_matrix(bool reach[SMALL][SMALL])
{
    for (size_t k = 0; k < SMALL; k++) {
        for (size_t i = 0; i < SMALL; i++) {
            for (size_t j = 0; j < SMALL; j++)
                reach[i][j] = reach[i][j] || (reach[i][k] && reach[k][j]);
        }
    }
}

static void check_against(struct run_graph *graph, bool reach[SMALL][SMALL])
{
    uint64_t marks[SMALL];
    uint64_t after[SMALL];
    bool has_cycle = false;
    uint32_t node;

    for (size_t i = 0; i < SMALL; i++) {
        marks[i] = UINT64_C(1) << i;
        after[i] = marks[i];
        has_cycle = has_cycle || reach[i][i];
    }
    assert_int_equal(run_graph_is_acyclic(graph, ALL, &node), !has_cycle);
    run_graph_spread(graph, ALL, marks);
    run_graph_spread_after(graph, ALL, after);
    for (size_t i = 0; i < SMALL; i++) {
        for (size_t j = 0; j < SMALL; j++) {
            assert_int_equal((marks[j] >> i) & 1, i == j || reach[i][j]);
            assert_int_equal((after[j] >> i) & 1, reach[i][j]);
        }
    }
}

/* Random graphs of every density agree with the matrix. */
static void run_graph_random(void **state)
{
    struct run_graph graph = {0};
    struct rng rng = rng_of(20260101);

    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        bool reach[SMALL][SMALL] = {{false}};
        unsigned edges = round % 30;

        run_graph_begin(&graph, SMALL);
        for (unsigned i = 0; i < edges; i++) {
            uint32_t from = (uint32_t)rng_below(&rng, SMALL);
            uint32_t to = (uint32_t)rng_below(&rng, SMALL);

            assert_true(run_graph_add_edge(&graph, from, to, RUN_EDGE_DATA));
            reach[from][to] = true;
        }
        close_matrix(reach);
        check_against(&graph, reach);
    }
    run_graph_cleanup(&graph);
}

/* The largest graph is taken, and not one edge more. */
static void run_graph_add_edge_full(void **state)
{
    static uint64_t marks[RUN_GRAPH_NODES_MAX];
    struct run_graph graph = {0};
    uint32_t node;

    (void)state;
    run_graph_begin(&graph, RUN_GRAPH_NODES_MAX);
    for (uint32_t i = 0; i < RUN_GRAPH_EDGES_MAX; i++)
        assert_true(run_graph_add_edge(&graph, i % (RUN_GRAPH_NODES_MAX - 1),
                                       i % (RUN_GRAPH_NODES_MAX - 1) + 1, RUN_EDGE_DATA));
    assert_false(run_graph_add_edge(&graph, 0, 1, RUN_EDGE_DATA));
    assert_true(run_graph_is_acyclic(&graph, ALL, &node));
    marks[0] = 1;
    run_graph_spread(&graph, ALL, marks);
    assert_int_equal(marks[RUN_GRAPH_NODES_MAX - 1], 1);
    run_graph_cleanup(&graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(run_graph_is_acyclic_chain),
        cmocka_unit_test(run_graph_spread_kinds),
        cmocka_unit_test(run_graph_random),
        cmocka_unit_test(run_graph_add_edge_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
