/** All sockets of a person. Joined from the verified token only: no message of a client names it. */
export const userRoom = (userId: string) => `user:${userId}`;

export const topicRoom = (topic: string) => `topic:${topic}`;
