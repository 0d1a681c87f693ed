/* Names of what a store directory holds. */
#ifndef VOUCH_SERVER_STORE_STORE_FILES_H
#define VOUCH_SERVER_STORE_STORE_FILES_H

#define STORE_DATABASE_NAME "db"
#define STORE_NEW_DATABASE_NAME "db.reindex" /* of a reindex that did not end */
#define STORE_SEGMENTS_NAME "segments"
#define STORE_TILES_NAME "tiles"

#endif
