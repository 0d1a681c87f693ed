#include "schemas/record_schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "schemas/cddl/table.h"
#include "schemas/dcbor.h"
#include "schemas/record.h"
#include "schemas/record_files.h"
#include "schemas/record_names.h"
#include "schemas/record_walk.h"

/* Hashed with its terminating zero. */
static const char DIGEST_LABEL[] = "vouch/schema/v1";

/* The rules whose alternatives are the types. */
static const struct {
    const char *rule;
    bool is_of_log;
} ROOTS[] = {{"record", false}, {"log-record", true}};

/* What every record of an issuer has. */
static const char HEADER[] = "header";

struct record_schema_type {
    struct bytes name;
    bool is_of_log;
    struct cddl_place place;
    struct cddl_type type; /* the root, with the maps of this name alone */
};

struct record_schema {
    struct cddl *cddl;
    struct record_schema_type *types;
    size_t type_count;
    struct hash digest;
};

static const struct cddl_map *map_at(const struct cddl *cddl, uint32_t i)
{
    return &cddl->maps[cddl->map_list[i]];
}

static const struct cddl_member *find_member(const struct cddl *cddl, const struct cddl_map *map,
                                             struct bytes name)
{
    for (uint32_t i = 0; i < map->members.count; i++) {
        const struct cddl_member *member = &cddl->members[map->members.first + i];

        if (bytes_equal(member->key, name))
            return member;
    }
    return NULL;
}

/* ---- the types ---- */

/* The one text that "type" can be. */
static bool read_name(struct bytes *out, const struct cddl *cddl, const struct cddl_map *map,
                      struct err *err)
{
    const struct cddl_member *member = find_member(cddl, map, bytes_of_text("type"));
    const struct cddl_type *type = member == NULL ? NULL : &cddl->types[member->type];

    if (type == NULL || !member->is_required || type->literals.count != 1 || type->forms.count > 0)
        return cddl_fail(cddl->sources, map->place, err,
                         "a record needs a member like type: \"acme-deployment\"");
    *out = cddl->literals[type->literals.first];
    if (out->len == 0 || out->len > RECORD_TYPE_LEN_MAX)
        return cddl_fail(cddl->sources, member->place, err, "a type of 1 to %d bytes is needed",
                         RECORD_TYPE_LEN_MAX);
    return true;
}

/* Rules of admission look at these members of any record. */
static bool check_header(const struct cddl *cddl, const struct cddl_map *map, struct bytes name,
                         struct err *err)
{
    const struct cddl_map *header = NULL;

    for (uint32_t i = 0; i < cddl->group_count; i++) {
        if (bytes_equal_text(cddl->groups[i].rule, HEADER))
            header = &cddl->maps[cddl->groups[i].map];
    }
    CHECK(header != NULL);
    for (uint32_t i = 0; i < header->members.count; i++) {
        const struct cddl_member *wanted = &cddl->members[header->members.first + i];
        const struct cddl_member *member = find_member(cddl, map, wanted->key);

        if (member == NULL || member->type != wanted->type ||
            member->is_required != wanted->is_required)
            return cddl_fail(cddl->sources, map->place, err,
                             "the record %.*s has not the member %.*s as in header: name one of "
                             "the groups header, maybe-in-run, in-run, whole-run in it",
                             (int)name.len, (const char *)name.data, (int)wanted->key.len,
                             (const char *)wanted->key.data);
    }
    return true;
}

static bool is_before(struct cddl_place a, struct cddl_place b)
{
    return a.source != b.source ? a.source < b.source : a.offset < b.offset;
}

static bool check_is_new(const struct record_schema *schema, const struct record_schema_type *type,
                         struct err *err)
{
    for (size_t i = 0; i < schema->type_count; i++) {
        struct cddl_place first = schema->types[i].place;
        struct cddl_place second = type->place;

        if (!bytes_equal(schema->types[i].name, type->name))
            continue;
        if (is_before(second, first)) {
            second = first;
            first = type->place;
        }
        return cddl_fail(schema->cddl->sources, second, err,
                         "there is another record of type %.*s, in %s, line %u",
                         (int)type->name.len, (const char *)type->name.data,
                         schema->cddl->sources[first.source].name, first.line);
    }
    return true;
}

/* The type that begins with this alternative of a root; choices of groups in it are several maps.
 */
static bool add_type(struct record_schema *schema, const struct cddl_type *root, uint32_t *i,
                     bool is_of_log, struct err *err)
{
    const struct cddl *cddl = schema->cddl;
    const struct cddl_map *map = map_at(cddl, root->maps.first + *i);
    struct record_schema_type type = {.is_of_log = is_of_log, .place = map->place, .type = *root};
    uint32_t end = *i;

    while (end < root->maps.count &&
           map_at(cddl, root->maps.first + end)->place.offset == map->place.offset &&
           map_at(cddl, root->maps.first + end)->place.source == map->place.source) {
        const struct cddl_map *way = map_at(cddl, root->maps.first + end);

        if (!read_name(&type.name, cddl, way, err) ||
            (!is_of_log && !check_header(cddl, way, type.name, err)))
            return false;
        end++;
    }
    if (!check_is_new(schema, &type, err))
        return false;
    type.type.maps = (struct cddl_span){root->maps.first + *i, end - *i};
    schema->types[schema->type_count++] = type;
    *i = end;
    return true;
}

static int compare_types(const void *a, const void *b)
{
    return bytes_compare(((const struct record_schema_type *)a)->name,
                         ((const struct record_schema_type *)b)->name);
}

static bool list_types(struct record_schema *schema, struct err *err)
{
    for (size_t i = 0; i < sizeof(ROOTS) / sizeof(ROOTS[0]); i++) {
        const struct cddl_type *root = cddl_find(schema->cddl, ROOTS[i].rule);
        uint32_t at = 0;

        CHECK(root != NULL);
        schema->types = mem_realloc_array(schema->types, schema->type_count + root->maps.count,
                                          sizeof(*schema->types));
        while (at < root->maps.count) {
            if (!add_type(schema, root, &at, ROOTS[i].is_of_log, err))
                return false;
        }
    }
    qsort(schema->types, schema->type_count, sizeof(*schema->types), compare_types);
    return true;
}

/* ---- what files of users may not do ---- */

/* A built-in type means the same in every log, so nothing but record can be added to. */
static bool check_extensions(const struct cddl *cddl, size_t built_in_count, struct err *err)
{
    for (uint32_t i = 0; i < cddl->extension_count; i++) {
        const struct cddl_extension *extension = &cddl->extensions[i];

        if (extension->rule_place.source < built_in_count &&
            !bytes_equal_text(extension->rule, ROOTS[0].rule))
            return cddl_fail(cddl->sources, extension->place, err,
                             "of the built-in rules only record can be added to, not %.*s",
                             (int)extension->rule.len, (const char *)extension->rule.data);
    }
    return true;
}

static bool is_choice_of_maps(const struct cddl_type *type)
{
    return type->uints.count + type->nints.count + type->bytes.count + type->forms.count +
                   type->literals.count ==
               0 &&
           type->array == CDDL_NONE && !type->may_be_false && !type->may_be_true;
}

static bool check_records(const struct cddl *cddl, struct err *err)
{
    const struct cddl_type *root = cddl_find(cddl, ROOTS[0].rule);

    for (uint32_t i = 0; i < cddl->extension_count && !is_choice_of_maps(root); i++) {
        if (bytes_equal_text(cddl->extensions[i].rule, ROOTS[0].rule))
            return cddl_fail(cddl->sources, cddl->extensions[i].place, err,
                             "a record is a map, nothing else can be added to record");
    }
    return true;
}

/* ---- the whole ---- */

/* The name of a file without its folders. */
static const char *name_of(const struct cddl_source *source)
{
    const char *slash = strrchr(source->name, '/');

    return slash == NULL ? source->name : slash + 1;
}

static void compute_digest(struct hash *out, const struct cddl_source *sources, size_t count)
{
    struct hasher hasher;
    struct buf list = {0};

    dcbor_put_array(&list, count);
    for (size_t i = 0; i < count; i++) {
        dcbor_put_array(&list, 2);
        dcbor_put_literal(&list, name_of(&sources[i]));
        dcbor_put_text(&list, sources[i].text);
    }
    hasher_init(&hasher);
    hasher_update(&hasher, bytes_of(DIGEST_LABEL, sizeof(DIGEST_LABEL)));
    hasher_update(&hasher, bytes_of_buf(&list));
    hasher_final(&hasher, out);
    buf_cleanup(&list);
}

bool record_schema_of(struct record_schema **out, const struct cddl_source *sources, size_t count,
                      size_t built_in_count, struct err *err)
{
    struct record_schema *schema = mem_alloc(sizeof(*schema));

    if (!cddl_compile(&schema->cddl, sources, count, err) ||
        !check_extensions(schema->cddl, built_in_count, err) || !check_records(schema->cddl, err) ||
        !record_names_check(schema->cddl, err) || !list_types(schema, err)) {
        record_schema_free(schema);
        return false;
    }
    compute_digest(&schema->digest, sources, count);
    *out = schema;
    return true;
}

bool record_schema_load(struct record_schema **out, const char *const *directories, size_t count,
                        struct err *err)
{
    struct record_files *files = mem_alloc(sizeof(*files));
    bool ok = record_files_read(files, directories, count, err) &&
              record_schema_of(out, files->sources, files->count, files->built_in_count, err);

    record_files_cleanup(files);
    free(files);
    return ok;
}

void record_schema_free(struct record_schema *schema)
{
    if (schema == NULL)
        return;
    cddl_free(schema->cddl);
    free(schema->types);
    free(schema);
}

const struct hash *record_schema_digest(const struct record_schema *schema)
{
    return &schema->digest;
}

const struct byte_fields *record_schema_byte_fields(const struct record_schema *schema)
{
    return &schema->cddl->byte_fields;
}

const struct cddl *record_schema_cddl(const struct record_schema *schema)
{
    return schema->cddl;
}

size_t record_schema_type_count(const struct record_schema *schema)
{
    return schema->type_count;
}

const struct record_schema_type *record_schema_type_at(const struct record_schema *schema, size_t i)
{
    CHECK(i < schema->type_count);
    return &schema->types[i];
}

const struct record_schema_type *record_schema_find(const struct record_schema *schema,
                                                    struct bytes name)
{
    struct record_schema_type wanted = {.name = name};

    return bsearch(&wanted, schema->types, schema->type_count, sizeof(*schema->types),
                   compare_types);
}

char *record_schema_nearest(const struct record_schema *schema, struct bytes name)
{
    char **names = mem_alloc_array(schema->type_count, sizeof(*names));
    char *wanted = mem_format("%.*s", (int)name.len, (const char *)name.data);
    size_t count = 0;
    const char *nearest;
    char *out = NULL;

    for (size_t i = 0; i < schema->type_count; i++) {
        const struct record_schema_type *type = &schema->types[i];

        if (!type->is_of_log)
            names[count++] = mem_format("%.*s", (int)type->name.len, (const char *)type->name.data);
    }
    nearest = text_nearest(wanted, (const char *const *)names, count);
    if (nearest != NULL)
        out = mem_copy_text(nearest);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
    free(wanted);
    return out;
}

struct bytes record_schema_type_name(const struct record_schema_type *type)
{
    return type->name;
}

bool record_schema_type_is_of_log(const struct record_schema_type *type)
{
    return type->is_of_log;
}

bool record_schema_check(const struct record_schema *schema, const struct record_schema_type *type,
                         struct bytes record, struct cddl_mismatch *out)
{
    return cddl_check(schema->cddl, &type->type, record, out);
}

void record_walk_begin(struct cddl_walk *walk, const struct record_schema *schema,
                       const struct record_schema_type *type, struct bytes input,
                       struct cddl_mismatch *mismatch)
{
    cddl_walk_begin(walk, schema->cddl, &type->type, input, mismatch);
}
