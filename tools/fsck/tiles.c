#include "tools/fsck/tiles.h"

#include <string.h>

/* The root over count hashes of a row, count a power of two, by pairing until one is left. */
static void fold_complete(struct digest *out, const struct digest *row, unsigned count)
{
    struct digest work[TILES_WIDTH];

    memcpy(work, row, count * sizeof(*row));
    for (; count > 1; count /= 2) {
        for (unsigned i = 0; i < count / 2; i++)
            digest_of_pair(&work[i], &work[2 * i], &work[2 * i + 1]);
    }
    *out = work[0];
}

/* The two nodes below the root of a full tile, by their places in post-order. */
enum { LEFT_HALF = 254, RIGHT_HALF = 509 };

bool tiles_append(struct tiles *tiles, const struct digest *leaf)
{
    struct digest nodes[2 * TILES_WIDTH];
    struct digest hash = *leaf;

    tiles->size++;
    for (unsigned level = 0; level < TILES_LEVELS; level++) {
        struct tiles_level *at = &tiles->levels[level];
        size_t count;

        at->row[at->width++] = hash;
        if (at->width < TILES_WIDTH)
            return true;
        count = tiles_post_order(nodes, at->row, at->width);
        if (!tiles->on_tile(tiles->context, level, at->full_count, nodes, count))
            return false;
        digest_of_pair(&hash, &nodes[LEFT_HALF], &nodes[RIGHT_HALF]);
        at->width = 0;
        at->full_count++;
    }
    return true;
}

/* The root of a row from right to left: the complete pieces of it, smallest first. */
static void fold_row(struct digest *root, bool *have_root, const struct digest *row, unsigned width)
{
    unsigned end = width;

    while (end > 0) {
        unsigned piece = end & (~end + 1);
        struct digest left;

        fold_complete(&left, row + end - piece, piece);
        if (*have_root)
            digest_of_pair(root, &left, root);
        else
            *root = left;
        *have_root = true;
        end -= piece;
    }
}

void tiles_root(const struct tiles *tiles, struct digest *out)
{
    bool have_root = false;

    digest_of_nothing(out);
    for (unsigned level = 0; level < TILES_LEVELS; level++)
        fold_row(out, &have_root, tiles->levels[level].row, tiles->levels[level].width);
}

size_t tiles_post_order(struct digest *out, const struct digest *row, unsigned width)
{
    size_t count = 0;

    for (unsigned i = 0; i < width; i++) {
        out[count++] = row[i];
        /* Leaf i closes one subtree for each trailing one bit of its number. */
        for (unsigned height = 1; (i >> (height - 1) & 1) != 0 && height < 8; height++) {
            size_t right = count - 1;
            size_t left = right - (((size_t)1 << height) - 1);

            digest_of_pair(&out[count], &out[left], &out[right]);
            count++;
        }
    }
    return count;
}
