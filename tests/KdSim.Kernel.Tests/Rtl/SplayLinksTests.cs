using KdSim.Kernel.Rtl;
using Xunit;

namespace KdSim.Kernel.Tests.Rtl;

public sealed class SplayLinksTests : IDisposable
{
    private readonly GuestData _data = new();

    private SplayLinks Links => _data.Kernel.SplayLinks;

    public void Dispose() => _data.Dispose();

    /// <summary>Inserts in a scrambled order, deletes in another, and looks at the order of the rest after each step.</summary>
    [Fact]
    public void A_tree_stays_in_order_through_insertions_and_deletions()
    {
        const int Nodes = 40;
        var nodes = new SortedDictionary<int, ulong>();
        ulong root = 0;
        for (int i = 0; i < Nodes; i++)
        {
            int key = i * 17 % Nodes;
            ulong node = _data.Bytes(0x20);
            _data.Kernel.Memory.WriteU32(node + 0x18, (uint)key);
            nodes.Add(key, node);
            root = Insert(root, node, key);
            Assert.Equal(nodes.Values, InOrder(root));
        }
        for (int i = 0; i < Nodes; i++)
        {
            int key = i * 23 % Nodes;
            root = Links.RtlDelete(nodes[key]);
            nodes.Remove(key);
            Assert.Equal(nodes.Values, InOrder(root));
            Assert.Equal(nodes.Values.Reverse(), Backwards(root));
        }
        Assert.Equal(0ul, root);
    }

    private ulong Insert(ulong root, ulong node, int key)
    {
        _data.Kernel.Memory.WriteU64(node, node);
        for (ulong at = root; at != 0;)
        {
            ulong side = at + (key < (int)_data.Kernel.Memory.ReadU32(at + 0x18) ? 8u : 0x10u);
            if (_data.Kernel.Memory.ReadU64(side) is var child and not 0)
            {
                at = child;
                continue;
            }
            _data.Kernel.Memory.WriteU64(side, node);
            _data.Kernel.Memory.WriteU64(node, at);
            break;
        }
        return Links.RtlSplay(node);
    }

    private List<ulong> InOrder(ulong root)
    {
        var found = new List<ulong>();
        if (root != 0)
            for (ulong node = Edge(root, 8); node != 0; node = Links.RtlRealSuccessor(node))
                found.Add(node);
        return found;
    }

    private List<ulong> Backwards(ulong root)
    {
        var found = new List<ulong>();
        if (root != 0)
            for (ulong node = Edge(root, 0x10); node != 0; node = Links.RtlRealPredecessor(node))
                found.Add(node);
        return found;
    }

    private ulong Edge(ulong node, ulong side)
    {
        while (_data.Kernel.Memory.ReadU64(node + side) is var child and not 0)
            node = child;
        return node;
    }
}
