/* Preloaded into a server: notes how much of each file has been synced, so that a test can cut the
 * files back to that after a kill, as the loss of power would. Renames and new names are taken as
 * durable, which LevelDB earns by syncing the folder. Each line of the log: inode, synced bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int log_fd(void) {
	static int fd = -2;
	if (fd == -2) {
		const char *path = getenv("DROP_UNSYNCED_LOG");
		fd = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
	return fd;
}

static void note(unsigned long inode, long long synced) {
	int fd = log_fd();
	if (fd >= 0) dprintf(fd, "%lu %lld\n", inode, synced);
}

/* The size before the call: what is written while it runs may not be covered. */
static int synced(const char *name, int fd) {
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	struct stat before;
	int known = fstat(fd, &before) == 0 && S_ISREG(before.st_mode);
	int result = real(fd);
	if (result == 0 && known) note((unsigned long)before.st_ino, (long long)before.st_size);
	return result;
}

int fdatasync(int fd) { return synced("fdatasync", fd); }

int fsync(int fd) { return synced("fsync", fd); }

/* The inode may be given to a new file, of which nothing is synced. */
int unlink(const char *path) {
	int (*real)(const char *) = (int (*)(const char *))dlsym(RTLD_NEXT, "unlink");
	struct stat before;
	int known = stat(path, &before) == 0 && before.st_nlink == 1;
	int result = real(path);
	if (result == 0 && known) note((unsigned long)before.st_ino, 0);
	return result;
}
