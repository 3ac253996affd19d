#ifndef CM_FCGI_COMMAND_H
#define CM_FCGI_COMMAND_H

/*
 * The command line, without the program's name.  Returns the exit status: 0 done, 1 internal error,
 * 2 not understood, 3 not found, 4 exists already, 5 not allowed, 6 bad value, 7 store trouble, 8
 * doctor found something wrong.
 */
int cm_command_run(int argc, char **argv);

#endif
