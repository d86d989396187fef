"""Average effects of a logistic regression from single cases, by the definitions and with dense matrices."""

import numpy as np
from scipy.special import expit


def coefficients(X, y, weight):
    """Weighted maximum likelihood by Newton's method."""
    beta = np.zeros(X.shape[1])
    for _ in range(30):
        p = expit(X @ beta)
        beta += np.linalg.solve(X.T @ ((weight * p * (1 - p))[:, None] * X), X.T @ (weight * (y - p)))
    return beta


def average_effects(X, beta, weight, variables):
    """Average effect of each column against the reference of its variable, and its gradient in the coefficients.

    `variables` has the positions of the columns of each variable.
    """
    effects, gradients = [], []
    for group in variables:
        for j in group:
            without = X.copy()
            without[:, list(group)] = 0
            with_level = without.copy()
            with_level[:, j] = 1
            p, q = expit(with_level @ beta), expit(without @ beta)
            effects.append(np.average(p - q, weights=weight))
            slopes = (p * (1 - p))[:, None] * with_level - (q * (1 - q))[:, None] * without
            gradients.append(np.average(slopes, axis=0, weights=weight))
    return np.array(effects), np.array(gradients)


def cr2_effects(X, y, service, variables, weight=None, sole=()):
    """Average effects, their CR2 standard errors and Satterthwaite's degrees of freedom.

    In the notation of Pustejovsky and Tipton: Phi is the working variance, W the weights, D the derivatives.
    Columns that are `sole` are not 0 in one service only. Their coefficients have no error of their own; they move
    with the others, as their scores stay 0. Adjustments of that service are generalised inverses.
    """
    weight = np.ones(len(y)) if weight is None else weight
    beta = coefficients(X, y, weight)
    effects, gradients = average_effects(X, beta, weight, variables)
    share = expit(X @ beta)
    v = share * (1 - share)
    D, W, Phi = X * v[:, None], weight / v, v / weight
    information, sole = (D.T * W) @ D, list(sole)
    M = np.linalg.inv(information)
    own_part = np.linalg.solve(information[np.ix_(sole, sole)], gradients[:, sole].T)
    gradients = gradients - own_part.T @ information[sole]
    rest = np.eye(len(y)) - D @ M @ (D.T * W)
    parts, p = [], []
    for each in np.unique(service):
        own = np.flatnonzero(service == each)
        root = np.sqrt(Phi[own])[:, None]
        values, vectors = np.linalg.eigh(root * rest[np.ix_(own, own)] * Phi[own] * root.T)
        inverse_root = np.zeros_like(values)
        sure = values > 1e-9 * np.square(Phi[own]).max()
        inverse_root[sure] = values[sure] ** -0.5
        A = root * ((vectors * inverse_root) @ vectors.T) * root.T
        T = A @ (W[own][:, None] * D[own]) @ M @ gradients.T
        parts.append(T.T @ (y - share)[own])
        p.append(rest[own].T @ T)
    P = np.einsum("gni,n,hni->ghi", np.array(p), Phi, np.array(p), optimize=True)
    df = np.square(np.einsum("ggi->i", P)) / np.square(P).sum(axis=(0, 1))
    return effects, np.sqrt(np.square(parts).sum(axis=0)), df
