/* Preloaded into a program: its disk does as a file tells, for files below a folder.
 * The file HEADGATE_DISK_FAULTS has one line: WORD NUMBER, read at each call.
 *   slow 300     fsync and fdatasync take so many milliseconds more
 *   sync-eio 20  of 100 of them, so many fail with EIO
 *   write-eio 5  of 100 writes, so many fail with EIO
 *   full 0       no write finds room
 *   readonly 0   no write is let
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int is_ours(int file)
{
    const char *folder = getenv("HEADGATE_DISK_FOLDER");
    char link[64], path[PATH_MAX];
    if (folder == NULL) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, folder, strlen(folder)) == 0;
}

/* The number told for this word; -1 if another word stands there. */
static int told(const char *word)
{
    const char *path = getenv("HEADGATE_DISK_FAULTS");
    char text[64] = "", said[32] = "";
    int number = -1;
    if (path == NULL) return -1;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    if (length <= 0 || sscanf(text, "%31s %d", said, &number) != 2) return -1;
    return strcmp(said, word) == 0 ? number : -1;
}

static int is_unlucky(const char *word)
{
    int percent = told(word);
    return percent > 0 && rand() % 100 < percent;
}

static int sync_fault(int file)
{
    if (!is_ours(file)) return 0;
    int delay_ms = told("slow");
    if (delay_ms > 0) usleep((useconds_t)delay_ms * 1000);
    return is_unlucky("sync-eio") ? EIO : 0;
}

static int write_fault(int file)
{
    if (!is_ours(file)) return 0;
    if (told("full") >= 0) return ENOSPC;
    if (told("readonly") >= 0) return EROFS;
    return is_unlucky("write-eio") ? EIO : 0;
}

int fsync(int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int fault = sync_fault(file);
    if (fault == 0) return real(file);
    errno = fault;
    return -1;
}

int fdatasync(int file)
{
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int fault = sync_fault(file);
    if (fault == 0) return real(file);
    errno = fault;
    return -1;
}

ssize_t write(int file, const void *bytes, size_t length)
{
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    int fault = write_fault(file);
    if (fault == 0) return real(file, bytes, length);
    errno = fault;
    return -1;
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t offset)
{
    ssize_t (*real)(int, const void *, size_t, off64_t) =
        (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
    int fault = write_fault(file);
    if (fault == 0) return real(file, bytes, length, offset);
    errno = fault;
    return -1;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t offset)
{
    return pwrite64(file, bytes, length, offset);
}
