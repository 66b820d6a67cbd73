package main

import "math"

// fit gives the weights for which the squares of relative errors are least: an error
// of 10 % counts the same on a short request as on a long one.
func fit(rows [][]float64, measured []float64) []float64 {
	n := len(rows[0])
	normal := make([][]float64, n) // with the right side as the last column
	for i := range normal {
		normal[i] = make([]float64, n+1)
		for k, row := range rows {
			scale := row[i] / (measured[k] * measured[k])
			for j := range n {
				normal[i][j] += scale * row[j]
			}
			normal[i][n] += scale * measured[k]
		}
	}
	return solve(normal)
}

// solve eliminates by rows with the largest pivot.
func solve(m [][]float64) []float64 {
	n := len(m)
	for col := range n {
		best := col
		for row := col; row < n; row++ {
			if math.Abs(m[row][col]) > math.Abs(m[best][col]) {
				best = row
			}
		}
		m[col], m[best] = m[best], m[col]
		for row := range n {
			if row != col {
				subtract(m[row], m[col], m[row][col]/m[col][col])
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = m[i][n] / m[i][i]
	}
	return x
}

func subtract(row, other []float64, times float64) {
	for i := range row {
		row[i] -= times * other[i]
	}
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}
