// Who may sign in: a list of names. The default hook judges JSON Web Tokens; an embedder may bring
// any other.

export {
	type AuthContext,
	type Authenticate,
	type ClaimedIdentity,
	type Identity,
	identify,
	refuse,
	sessionMsMax,
} from "./auth/identity.js";
export { type JwtOptions, jwtAuthenticate } from "./auth/jwt.js";
export { loadOrCreateSecret, mintToken, readSecret, secretBytesMin } from "./auth/secret.js";
