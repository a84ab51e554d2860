import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Hot loops in several threads, lambdas, reflection, a child process. */
public class Jit {
	static long hot(int n) {
		long sum = 0;
		for (int i = 0; i < n; i++)
			sum = sum * 31 + (i ^ (sum >>> 7));
		return sum;
	}

	public static void main(String[] args) throws Exception {
		var pool = Executors.newFixedThreadPool(4);
		var results = new java.util.ArrayList<Future<Long>>();
		for (int i = 0; i < 8; i++) {
			int n = 1_000_000 + i;
			results.add(pool.submit(() -> hot(n)));
		}
		for (var result : results)
			System.out.println(result.get());
		pool.shutdown();
		System.out.println(Jit.class.getDeclaredMethod("hot", int.class).invoke(null, 9));
		var child = new ProcessBuilder("/bin/echo", "child").inheritIO().start();
		System.out.println(child.waitFor());
	}
}
