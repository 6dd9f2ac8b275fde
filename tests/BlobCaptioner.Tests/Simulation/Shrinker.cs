using BlobCaptioner.Tests.Simulation.World;

namespace BlobCaptioner.Tests.Simulation;

/// <summary>Makes a failing plan smaller, for as long as it breaks the same rule: fewer actions, fewer faults, fewer oddities.</summary>
internal static class Shrinker
{
    /// <summary>Shrinks a plan.</summary>
    /// <param name="plan">A plan that breaks a rule.</param>
    /// <param name="most">Most runs to spend.</param>
    /// <returns>The smallest plan that was found.</returns>
    public static WorldPlan Shrink(WorldPlan plan, int most)
    {
        var world = new SimulatedWorld(plan, keepsLog: false);
        if (world.Run() is not { } violation)
        {
            return plan;
        }

        var (smallest, runs) = (plan, most);
        bool Try(WorldPlan smaller)
        {
            if (runs-- <= 0 || new SimulatedWorld(smaller, keepsLog: false).Run()?.Kind != violation.Kind)
            {
                return false;
            }

            smallest = smaller;
            return true;
        }

        // drawn faults become a list, of which some can be left out
        Try(plan with { Faults = [.. world.Occurred] });
        for (var before = -1; before != Size(smallest) && runs > 0;)
        {
            before = Size(smallest);
            Try(smallest with { Actions = [.. smallest.Actions.Where(a => a.At <= violation.At)] });
            LeaveOut(smallest.Faults?.Count ?? 0, (from, count) => Try(smallest with { Faults = Without(smallest.Faults!, from, count) }));
            LeaveOut(smallest.Actions.Count, (from, count) => Try(smallest with { Actions = Without(smallest.Actions, from, count) }));
            Try(smallest with { Disorder = 0 });
            Try(smallest with { HasBallast = false });
            Try(smallest with { HasMeddling = false });
            Try(smallest with { HasProducts = false });
        }

        return smallest;
    }

    private static int Size(WorldPlan plan) => plan.Actions.Count + (plan.Faults?.Count ?? 0);

    // halves, quarters, ... single ones, from the end
    private static void LeaveOut(int total, Func<int, int, bool> tryWithout)
    {
        for (var count = Math.Max(1, total / 2); total > 0; count /= 2)
        {
            for (var from = total - count; from >= 0; from -= count)
            {
                if (tryWithout(from, count))
                {
                    total -= count;
                }
            }

            if (count == 1)
            {
                return;
            }
        }
    }

    private static List<T> Without<T>(IReadOnlyList<T> all, int from, int count) => [.. all.Take(from), .. all.Skip(from + count)];
}
