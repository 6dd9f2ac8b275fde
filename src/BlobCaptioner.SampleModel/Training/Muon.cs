using TorchSharp.Modules;
using static TorchSharp.torch;

namespace BlobCaptioner.SampleModel.Training;

/// <summary>
/// Momentum whose matrix is made orthogonal before each step, for weights that multiply hidden states (Jordan et al., https://kellerjordan.github.io/posts/muon/). On small models it needs
/// far fewer steps than AdamW.
/// </summary>
internal sealed class Muon : IDisposable
{
    private const double Momentum = 0.95;
    private const double Decay = 0.01;
    private const int Rounds = 5;

    private readonly List<(Parameter Weight, Tensor Velocity)> _all;

    /// <param name="weights">Matrices, [out, in].</param>
    public Muon(IEnumerable<Parameter> weights) => _all = [.. weights.Select(w => (w, zeros_like(w).DetachFromDisposeScope()))];

    /// <summary>The learning rate of the next step.</summary>
    public double LearningRate { get; set; }

    /// <summary>Moves all weights along their gradients.</summary>
    public void Step()
    {
        using var frozen = no_grad();
        foreach (var (weight, velocity) in _all)
        {
            if (weight.grad is not { } gradient)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            velocity.mul_(Momentum).add_(gradient);
            var update = Orthogonalize(gradient + (Momentum * velocity));
            var scale = Math.Sqrt(Math.Max(1, (double)weight.shape[0] / weight.shape[1]));
            weight.mul_(1 - (LearningRate * Decay)).sub_(update * (LearningRate * scale));
        }
    }

    /// <summary>Forgets the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var (weight, _) in _all)
        {
            weight.grad?.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _all.ForEach(a => a.Velocity.Dispose());

    /// <summary>A quintic iteration that drives all singular values towards 1.</summary>
    private static Tensor Orthogonalize(Tensor matrix)
    {
        var isTall = matrix.shape[0] > matrix.shape[1];
        var x = isTall ? matrix.t() : matrix;
        x /= x.norm() + 1e-7;
        for (var i = 0; i < Rounds; i++)
        {
            var square = x.mm(x.t());
            x = (3.4445 * x) + ((-4.775 * square) + (2.0315 * square.mm(square))).mm(x);
        }

        return isTall ? x.t() : x;
    }
}
